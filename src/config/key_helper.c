/*
 * What the helper has left running in the background when it ends (an agent, say) stays:
 * it is the user's.
 */
#include "config/key_helper.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "config/environment.h"
#include "process/child.h"

#define WORDS_MAX 4096           /* of standard error; the rest is read and dropped */
#define QUOTED_MAX 160
#define SECRET_MIN 16            /* letters in a row that may be a key */

struct helper {
	char key[KEY_HELPER_MAX + 2];
	char words[WORDS_MAX];
	size_t key_n, words_n;
	bool too_much;
};

static bool hear(void *user, enum child_stream stream, struct str bytes)
{
	struct helper *h = user;
	char *into = stream == CHILD_OUT ? h->key : h->words;
	size_t *n = stream == CHILD_OUT ? &h->key_n : &h->words_n;
	size_t room = (stream == CHILD_OUT ? sizeof h->key : sizeof h->words) - *n;

	if (bytes.n > room) {
		h->too_much |= stream == CHILD_OUT;
		bytes.n = room;
	}
	memcpy(into + *n, bytes.p, bytes.n);
	*n += bytes.n;
	return !h->too_much;
}

static bool run(struct helper *h, const char *command, unsigned timeout_ms, struct cancel *cancel,
	struct child_end *end, struct error *err)
{
	own_mem const char **environment = environment_for_children(NULL);
	const char *const argv[] = { "/bin/sh", "-c", command, NULL };
	struct child_plan plan = { .argv = argv, .environment = environment, .output = hear, .user = h,
		.timeout_ms = timeout_ms, .cancel = cancel, .care = CHILD_GROUP };

	if (!child_run(&plan, end, err))
		return error_prefix(err, "apiKeyHelper");
	if (end->how == CHILD_CANCELLED)
		return error_set(err, ERROR_CANCELLED, "stopped");
	if (end->how == CHILD_TIMED_OUT)
		return error_set(err, ERROR_TIMEOUT, "apiKeyHelper did not end in %u s", (timeout_ms + 999) / 1000);
	return true;
}

/* ---- What came ---- */

static bool may_be_secret(unsigned char c)
{
	return isalnum(c) || strchr("-_+/=.~", c);
}

/* The first words of standard error: printable, short, and nothing in them that may be a key. */
static void quote(const struct helper *h, char out[QUOTED_MAX])
{
	struct str text = str_trim((struct str){ h->words, h->words_n });
	size_t n = 0;

	for (size_t i = 0; i < text.n && text.p[i] != '\n' && n + 4 < QUOTED_MAX; ) {
		size_t run = 0;
		while (i + run < text.n && text.p[i + run] && may_be_secret((unsigned char)text.p[i + run]))
			run++;
		size_t piece = run ? run : 1;
		if (run >= SECRET_MIN) {
			memcpy(out + n, "...", 3);
			n += 3;
		} else if (n + piece + 4 < QUOTED_MAX) {
			for (size_t k = 0; k < piece; k++) {
				char c = text.p[i + k];
				out[n++] = c >= ' ' && c < 0x7f ? c : '?';
			}
		} else {
			break;
		}
		i += piece;
	}
	out[n] = '\0';
}

static bool check_end(const struct helper *h, const struct child_end *end, struct error *err)
{
	char said[QUOTED_MAX];

	if (end->how == CHILD_STOPPED || (end->how == CHILD_EXITED && end->code == 0))
		return true;
	quote(h, said);
	return error_set(err, ERROR_DENIED, "apiKeyHelper %s %d%s%s", end->how == CHILD_SIGNALLED ?
		"was ended by signal" : "ended with status", end->code, *said ? ": " : "", said);
}

static char *check_key(const struct helper *h, struct error *err)
{
	struct str key = str_trim((struct str){ h->key, h->key_n });

	if (h->too_much || key.n > KEY_HELPER_MAX)
		return error_set(err, ERROR_INVALID, "apiKeyHelper printed more than %d bytes", KEY_HELPER_MAX), NULL;
	if (!key.n)
		return error_set(err, ERROR_DENIED, "apiKeyHelper printed no key"), NULL;
	for (size_t i = 0; i < key.n; i++)
		if (key.p[i] <= ' ' || key.p[i] >= 0x7f)
			return error_set(err, ERROR_INVALID,
				"apiKeyHelper printed a space or what is no printable ASCII: that is no key"), NULL;
	return mem_strndup(key.p, key.n);
}

char *key_helper_run(const char *command, unsigned timeout_ms, struct cancel *cancel, struct error *err)
{
	struct helper h = {0};
	struct child_end end;

	if (cancel_fired(cancel))
		return error_set(err, ERROR_CANCELLED, "stopped"), NULL;
	bool ok = run(&h, command, timeout_ms, cancel, &end, err) && check_end(&h, &end, err);
	char *key = ok ? check_key(&h, err) : NULL;
	explicit_bzero(&h, sizeof h);
	return key;
}
