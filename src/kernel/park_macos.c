/*
 * One lock and one condition for all numbers: sleepers of different teams wake
 * one another now and then, which park_wait() allows.
 */
#include "kernel/park.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

void park_wait(_Atomic uint32_t *number, uint32_t seen)
{
	pthread_mutex_lock(&lock);
	if (atomic_load(number) == seen)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

void park_wake(_Atomic uint32_t *number)
{
	(void)number;
	pthread_mutex_lock(&lock);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}
