#include "cli/keys.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

#define SEQUENCE_MAX 32          /* bytes; a longer one is none */

static const struct { const char *end; enum key_kind kind; } sequences[] = {
	{ "A", KEY_UP }, { "B", KEY_DOWN }, { "C", KEY_RIGHT }, { "D", KEY_LEFT }, { "H", KEY_HOME }, { "F", KEY_END },
	{ "1~", KEY_HOME }, { "7~", KEY_HOME }, { "4~", KEY_END }, { "8~", KEY_END }, { "3~", KEY_DELETE },
	{ "200~", KEY_PASTE }, { "201~", KEY_PASTED },
};

static const struct { char byte; enum key_kind kind; } controls[] = {
	{ '\r', KEY_ENTER }, { '\n', KEY_ENTER }, { '\t', KEY_TAB }, { '\b', KEY_BACKSPACE }, { 0x7f, KEY_BACKSPACE },
	{ 0x03, KEY_INTERRUPT }, { 0x04, KEY_EOF }, { 0x15, KEY_CLEAR }, { 0x10, KEY_UP }, { 0x0e, KEY_DOWN },
	{ 0x01, KEY_HOME }, { 0x05, KEY_END },
};

/* What follows ESC [ or ESC O; modifiers before the last letter ("1;5A") are passed over. */
static enum key_kind find_sequence(const char *body, size_t n)
{
	for (size_t i = 0; i < countof(sequences); i++)
		if (strlen(sequences[i].end) == n && memcmp(sequences[i].end, body, n) == 0)
			return sequences[i].kind;
	return n > 1 && memchr(body, ';', n) ? find_sequence(body + n - 1, 1) : KEY_OTHER;
}

static size_t decode_escape(const char *p, size_t n, bool last, struct key *key)
{
	size_t end = 2;

	if (n == 1)
		return last ? (key->kind = KEY_ESCAPE, 1) : 0;
	if (p[1] != '[' && p[1] != 'O') {
		key->kind = p[1] == '\033' ? KEY_ESCAPE : KEY_OTHER;
		return p[1] == '\033' ? 1 : 2;
	}
	while (end < n && end < SEQUENCE_MAX && p[1] == '[' && (p[end] < '@' || p[end] > '~'))
		end++;
	if (end == SEQUENCE_MAX || (end == n && last)) {
		key->kind = KEY_OTHER;
		return end;
	}
	if (end == n)
		return 0;
	key->kind = find_sequence(p + 2, end - 1);
	return end + 1;
}

size_t key_decode(const char *p, size_t n, bool last, struct key *key)
{
	uint32_t code_point;

	*key = (struct key){ .kind = KEY_OTHER };
	if (!n)
		return 0;
	if (*p == '\033')
		return decode_escape(p, n, last, key);
	for (size_t i = 0; i < countof(controls); i++)
		if (*p == controls[i].byte)
			return key->kind = controls[i].kind, 1;
	if ((unsigned char)*p < ' ')
		return 1;
	if (!last && utf8_incomplete_tail(p, n < 4 ? n : 4) == n)
		return 0;
	size_t len = utf8_decode(p, n, &code_point);
	if (code_point == 0xFFFD && len == 1)
		return 1;
	key->kind = KEY_TEXT;
	memcpy(key->text, p, len);
	return len;
}
