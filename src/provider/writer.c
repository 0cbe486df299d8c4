#include "provider/writer.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void writer_put(struct writer *w, const char *json)
{
	w->ok = w->ok && buf_adds(w->out, json, w->err);
}

void writer_putf(struct writer *w, const char *format, ...)
{
	char text[160];
	va_list args;

	va_start(args, format);
	int length = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	assert(length >= 0 && (size_t)length < sizeof text);
	writer_put(w, text);
}

void writer_string(struct writer *w, struct str text)
{
	w->ok = w->ok && json_write_string(w->out, text, w->err);
}

void writer_object(struct writer *w, struct str json, const char *otherwise, const char *what)
{
	if (!w->ok || str_trim(json).n == 0) {
		writer_put(w, otherwise);
		return;
	}
	own_json *parsed = json_parse_object(json, what, w->err);
	w->ok = parsed && buf_add_str(w->out, json, w->err);
}

void writer_id(struct writer *w, struct str id)
{
	own_buf clean = BUF_INIT(id.n);

	w->ok = w->ok && buf_add_str(&clean, id, w->err);
	for (size_t i = 0; i < clean.len; i++)
		if (!isalnum((unsigned char)clean.data[i]) && clean.data[i] != '-')
			clean.data[i] = '_';
	writer_string(w, buf_str(&clean));
}

void writer_fraction(struct writer *w, const char *key, float value, float least, float most)
{
	long millionths = lroundf((value < least ? least : value > most ? most : value) * 1e6f);

	writer_putf(w, ",\"%s\":%s%ld.%06ld", key, millionths < 0 ? "-" : "", labs(millionths) / 1000000,
		labs(millionths) % 1000000);
}

void writer_refuse(struct writer *w, const char *why)
{
	if (w->ok)
		w->ok = error_set(w->err, ERROR_INVALID, "%s", why);
}
