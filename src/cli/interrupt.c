#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "cli/options.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cancel *guarded;           /* all under the lock */
static bool has_prompt;
static void (*last_words)(const void *user);
static const void *user_of_words;

static void interrupted(void)
{
	pthread_mutex_lock(&lock);
	if (guarded)
		cancel_fire(guarded);
	else if (!has_prompt) {
		if (last_words)
			last_words(user_of_words);
		_exit(EXIT_INTERRUPTED);
	}
	pthread_mutex_unlock(&lock);
}

static void *wait_for_signals(void *unused)
{
	sigset_t signals;
	int number;

	(void)unused;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	while (sigwait(&signals, &number) == 0)
		interrupted();
	return NULL;
}

void interrupt_init(void)
{
	pthread_t thread;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (pthread_create(&thread, NULL, wait_for_signals, NULL) == 0)
		pthread_detach(thread);
}

void interrupt_guards(struct cancel *token)
{
	pthread_mutex_lock(&lock);
	guarded = token;
	if (token)
		last_words = NULL;
	pthread_mutex_unlock(&lock);
}

void interrupt_says(void (*say)(const void *user), const void *user)
{
	pthread_mutex_lock(&lock);
	last_words = say;
	user_of_words = user;
	pthread_mutex_unlock(&lock);
}

void interrupt_at_prompt(void)
{
	pthread_mutex_lock(&lock);
	has_prompt = true;
	pthread_mutex_unlock(&lock);
}
