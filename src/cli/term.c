#include "cli/term.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"
#include "cli/options.h"

#define ESCAPE_MS 50             /* after which an Escape is no beginning of a sequence */
#define PASTES_ON "\033[?2004h"
#define PASTES_OFF "\033[?2004l"
#define CURSOR_ON "\033[?25h"

static struct term *opened;      /* for the signal handler */

static const int fatal[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* What was typed and not read must not reach the shell: it may be half a key. */
static void put_back(const struct term *t)
{
	if (!t->plain)
		(void)!write(t->out, PASTES_OFF CURSOR_ON, sizeof PASTES_OFF CURSOR_ON - 1);
	(void)tcsetattr(t->in, TCSAFLUSH, &t->saved);
}

static void on_signal(int number)
{
	if (opened)
		put_back(opened);
	_exit(number == SIGINT ? EXIT_INTERRUPTED : 128 + number);
}

bool term_is_plain(void)
{
	const char *term = getenv("TERM");

	return !term || !*term || strcmp(term, "dumb") == 0;
}

bool term_may_colour(void)
{
	const char *no_colour = getenv("NO_COLOR");

	return !term_is_plain() && !(no_colour && *no_colour);
}

bool term_open(struct term *t, struct error *err)
{
	struct sigaction action = { .sa_handler = on_signal };

	*t = (struct term){ .in = STDIN_FILENO, .out = STDOUT_FILENO, .stop = { -1, -1 } };
	if (!isatty(t->in) || !isatty(t->out) || tcgetattr(t->in, &t->saved) < 0)
		return error_set(err, ERROR_INVALID, "this needs a terminal for its questions");
	t->plain = term_is_plain();
	t->colour = term_may_colour();
	struct termios raw = t->saved;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)IXON;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	opened = t;
	for (size_t i = 0; i < countof(fatal); i++)
		(void)sigaction(fatal[i], &action, NULL);
	if (tcsetattr(t->in, TCSAFLUSH, &raw) < 0)
		return error_errno(err, "cannot set up the terminal");
	if (!t->plain)
		(void)!write(t->out, PASTES_ON, sizeof PASTES_ON - 1);
	return true;
}

void term_close(struct term *t)
{
	if (opened != t)
		return;
	fflush(stdout);
	put_back(t);
	opened = NULL;
	for (size_t i = 0; i < countof(fatal); i++)
		(void)signal(fatal[i], SIG_DFL);
	explicit_bzero(t->bytes, sizeof t->bytes);
}

/* Whether a byte comes within `ms`; -1: whenever. */
static bool is_readable(const struct term *t, int ms)
{
	struct pollfd p = { .fd = t->in, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

static bool fill(struct term *t)
{
	ssize_t n;

	do
		n = sys.read(t->in, t->bytes + t->n, sizeof t->bytes - t->n);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		t->n += (size_t)n;
	return n > 0;
}

bool term_key(struct term *t, struct key *key)
{
	size_t used = 0;

	fflush(stdout);
	while (!(used = key_decode(t->bytes, t->n, false, key))) {
		if (t->n && (t->n == sizeof t->bytes || !is_readable(t, ESCAPE_MS))) {
			used = key_decode(t->bytes, t->n, true, key);
			break;
		}
		if (!fill(t))
			return false;
	}
	t->n -= used;
	memmove(t->bytes, t->bytes + used, t->n);
	return true;
}

void term_size(const struct term *t, unsigned *columns, unsigned *rows)
{
	struct winsize size = {0};
	bool known = ioctl(t->out, TIOCGWINSZ, &size) == 0;

	*columns = known && size.ws_col ? size.ws_col : 80;
	*rows = known && size.ws_row ? size.ws_row : 24;
}

/* --- while something else is waited for ---------------------------------------------- */

struct watch { int in, stop; struct cancel *token; };

static void *watch(void *user)
{
	struct watch w = *(struct watch *)user;
	struct pollfd p[] = { { .fd = w.in, .events = POLLIN }, { .fd = w.stop, .events = POLLIN } };
	char bytes[64];

	free(user);
	while (poll(p, 2, -1) >= 0 || errno == EINTR) {
		if (p[1].revents)
			break;
		ssize_t n = p[0].revents ? read(w.in, bytes, sizeof bytes) : 0;
		if (p[0].revents && n <= 0)
			p[0].fd = -1;
		if (n > 0 && (memchr(bytes, 0x03, (size_t)n) || (n == 1 && *bytes == '\033')))
			cancel_fire(w.token);
	}
	return NULL;
}

void term_watch(struct term *t, struct cancel *token)
{
	struct watch *w = malloc(sizeof *w);

	fflush(stdout);
	if (!w || pipe2(t->stop, O_CLOEXEC) < 0) {
		free(w);
		return;
	}
	*w = (struct watch){ t->in, t->stop[0], token };
	if (pthread_create(&t->watcher, NULL, watch, w) != 0) {
		free(w);
		file_close(&t->stop[0]);
		file_close(&t->stop[1]);
	}
}

void term_unwatch(struct term *t)
{
	if (t->stop[1] < 0)
		return;
	file_close(&t->stop[1]);
	(void)pthread_join(t->watcher, NULL);
	file_close(&t->stop[0]);
}
