#include "cli/bar.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "hub/choose.h"

#define WIDTH 24                 /* of the bar itself */
#define TERMINAL_MS 100          /* between two changes of the line */
#define PLAIN_MS 10000           /* between two lines */
#define PLAIN_PERCENT 10         /* or so much further, */
#define PLAIN_LEAST_MS 1000      /* but not at once */

static const char *time_text(uint64_t seconds, char out[32])
{
	if (seconds < 100)
		snprintf(out, 32, "%u s", (unsigned)seconds);
	else if (seconds < 5400)
		snprintf(out, 32, "%u min", (unsigned)((seconds + 30) / 60));
	else if (seconds < 360000)
		snprintf(out, 32, "%u h %u min", (unsigned)(seconds / 3600), (unsigned)(seconds % 3600 / 60));
	else
		snprintf(out, 32, "days");
	return out;
}

static unsigned percent_of(uint64_t done, uint64_t total)
{
	return done >= total ? 100 : (unsigned)((double)done / (double)total * 100);
}

const char *progress_text(uint64_t done, uint64_t total, uint64_t per_second, char out[PROGRESS_TEXT])
{
	char have[SIZE_TEXT], all[SIZE_TEXT], speed[SIZE_TEXT], left[32];
	size_t n = 0;

	size_text(done, have);
	if (total)
		n = (size_t)snprintf(out, PROGRESS_TEXT, "%u %%, %s of %s", percent_of(done, total), have,
			size_text(total, all));
	else
		n = (size_t)snprintf(out, PROGRESS_TEXT, "%s", have);
	if (per_second)
		n += (size_t)snprintf(out + n, PROGRESS_TEXT - n, ", %s a second", size_text(per_second, speed));
	if (per_second && total > done)
		snprintf(out + n, PROGRESS_TEXT - n, ", %s left", time_text((total - done) / per_second, left));
	return out;
}

void bar_init(struct bar *b)
{
	*b = (struct bar){ .terminal = isatty(STDERR_FILENO) };
}

static void draw(struct bar *b, const char *what, unsigned percent, const char *text)
{
	char drawn[WIDTH + 1];

	memset(drawn, '-', WIDTH);
	memset(drawn, '#', percent * WIDTH / 100);
	drawn[WIDTH] = '\0';
	fprintf(stderr, "\r\033[K%s [%s] %s", what, drawn, text);
	fflush(stderr);
	b->shown = true;
}

/* Whether something has changed that is worth showing. */
static bool is_due(const struct bar *b, const char *what, unsigned percent)
{
	uint64_t since = clock_ms() - b->last_ms;
	bool other = !b->what || strcmp(b->what, what) != 0, ended = percent == 100 && b->last_percent < 100;

	if (other || ended || since >= (b->terminal ? TERMINAL_MS : PLAIN_MS))
		return true;
	return !b->terminal && since >= PLAIN_LEAST_MS && percent >= b->last_percent + PLAIN_PERCENT;
}

static void show(struct bar *b, const char *what, unsigned percent, const char *text)
{
	b->last_ms = clock_ms();
	b->last_percent = percent;
	b->what = what;
	if (b->terminal)
		draw(b, what, percent, text);
	else
		fprintf(stderr, "%s: %s\n", what, text);
}

void bar_show(struct bar *b, const char *what, uint64_t done, uint64_t total, uint64_t per_second)
{
	unsigned percent = total ? percent_of(done, total) : 0;
	char text[PROGRESS_TEXT];

	if (is_due(b, what, percent))
		show(b, what, percent, progress_text(done, total, per_second, text));
}

void bar_share(struct bar *b, const char *what, double share)
{
	unsigned percent = share >= 1 ? 100 : share > 0 ? (unsigned)(share * 100) : 0;
	char text[PROGRESS_TEXT];

	snprintf(text, sizeof text, "%u %%", percent);
	if (is_due(b, what, percent))
		show(b, what, percent, text);
}

void bar_end(struct bar *b)
{
	if (b->shown)
		fputc('\n', stderr);
	b->shown = false;
	b->what = NULL;
}

void bar_say(struct bar *b, const char *text)
{
	if (b->shown)
		fputs("\r\033[K", stderr);
	b->shown = false;
	fprintf(stderr, "%s\n", text);
}
