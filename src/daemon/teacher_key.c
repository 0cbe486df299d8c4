#include "daemon/teacher_key.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/key_helper.h"

#define WAIT_MS 50                 /* between two looks at the cancel token */

void teacher_key_init(struct teacher_key *k, const char *fixed, const char *helper, unsigned ttl_s)
{
	*k = (struct teacher_key){ .fixed = mem_strdup(fixed), .helper = mem_strdup(helper), .ttl_s = ttl_s };
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->ready, NULL);
}

void teacher_key_done(struct teacher_key *k)
{
	mem_forget(k->fixed);
	mem_forget(k->printed);
	free(k->helper);
	pthread_cond_destroy(&k->ready);
	pthread_mutex_destroy(&k->lock);
}

bool teacher_key_exists(const struct teacher_key *k)
{
	return k->fixed || k->helper;
}

static bool is_fresh_locked(const struct teacher_key *k, const char *refused, uint64_t asked_ms)
{
	if (!k->printed || (refused && strcmp(refused, k->printed) == 0))
		return false;
	return k->printed_ms >= asked_ms || clock_ms() - k->printed_ms < (uint64_t)k->ttl_s * 1000;
}

static void wait_locked(struct teacher_key *k)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += WAIT_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_cond_timedwait(&k->ready, &k->lock, &until);
}

/* The lock is open while the helper runs. */
static bool run_locked(struct teacher_key *k, const char *refused, struct cancel *cancel, struct error *err)
{
	k->running = true;
	pthread_mutex_unlock(&k->lock);
	char *printed = key_helper_run(k->helper, KEY_HELPER_MS, cancel, err);
	pthread_mutex_lock(&k->lock);
	k->running = false;
	pthread_cond_broadcast(&k->ready);
	mem_forget(k->printed);
	k->printed = printed;
	k->printed_ms = clock_ms();
	if (printed && refused && strcmp(refused, printed) == 0)
		return error_set(err, ERROR_DENIED, "the key helper prints the key that was refused");
	return printed != NULL;
}

static bool get_printed(struct teacher_key *k, const char *refused, struct cancel *cancel, char **key,
	struct error *err)
{
	uint64_t asked_ms = clock_ms();
	bool ok = true;

	pthread_mutex_lock(&k->lock);
	while (ok && !is_fresh_locked(k, refused, asked_ms)) {
		if (cancel_fired(cancel))
			ok = error_set(err, ERROR_CANCELLED, "cancelled");
		else if (k->running)
			wait_locked(k);
		else
			ok = run_locked(k, refused, cancel, err);
	}
	*key = ok ? mem_strdup(k->printed) : NULL;
	pthread_mutex_unlock(&k->lock);
	return ok;
}

bool teacher_key_get(struct teacher_key *k, const char *refused, struct cancel *cancel, char **key, struct error *err)
{
	if (k->helper && !k->fixed)
		return get_printed(k, refused, cancel, key, err);
	*key = mem_strdup(k->fixed);
	if (!refused)
		return true;
	mem_forget(*key);
	*key = NULL;
	return error_set(err, ERROR_DENIED, "there is no other key");
}
