#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/options.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cancel *guarded;           /* all under the lock */
static void (*last_words)(const void *user);
static const void *user_of_words;
static void (*on_leaving)(const void *user);
static const void *user_leaving;
static bool has_prompt, has_terminal;
static struct termios terminal;          /* as it was before there was a prompt */
static int ending;                       /* the signal that is to end the program; 0: none */

static void leave(int code)
{
	if (last_words)
		last_words(user_of_words);
	if (on_leaving)
		on_leaving(user_leaving);
	if (has_terminal)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
	_exit(code);
}

static void interrupted(int number)
{
	pthread_mutex_lock(&lock);
	bool ends = number != SIGINT, again = ends && ending;

	if (ends)
		ending = number;
	if (again || (!guarded && (ends || !has_prompt)))
		leave(128 + number);
	if (guarded)
		cancel_fire(guarded);
	pthread_mutex_unlock(&lock);
}

int interrupt_code(void)
{
	pthread_mutex_lock(&lock);
	int code = ending ? 128 + ending : EXIT_INTERRUPTED;
	pthread_mutex_unlock(&lock);
	return code;
}

/* A signal that whoever started us wants ignored (nohup) is no business of ours. */
static void choose(sigset_t *signals)
{
	static const int others[] = { SIGTERM, SIGHUP };
	struct sigaction now;

	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	for (size_t i = 0; i < countof(others); i++)
		if (sigaction(others[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaddset(signals, others[i]);
}

static void *wait_for_signals(void *unused)
{
	sigset_t signals;
	int number;

	(void)unused;
	choose(&signals);
	while (sigwait(&signals, &number) == 0)
		interrupted(number);
	return NULL;
}

void interrupt_init(void)
{
	pthread_t thread;
	sigset_t signals;

	choose(&signals);
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

void interrupt_at_prompt(void (*leaving)(const void *user), const void *user)
{
	pthread_mutex_lock(&lock);
	on_leaving = leaving;
	user_leaving = user;
	has_prompt = true;
	has_terminal = tcgetattr(STDIN_FILENO, &terminal) == 0;
	pthread_mutex_unlock(&lock);
}
