#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* snprintf may have cut a text in the middle of a character. */
static void end_at_code_point(struct error *err)
{
	size_t len = strlen(err->text);

	if (len == sizeof err->text - 1)
		err->text[len - utf8_incomplete_tail(err->text, len)] = '\0';
}

/* Appends ": reason" as far as it fits. */
static void append(struct error *err, const char *reason)
{
	size_t len = strlen(err->text), room = sizeof err->text - 1 - len;

	if (room < 2)
		return;
	memcpy(err->text + len, ": ", 3);
	strncat(err->text + len, reason, room - 2);
}

static enum error_kind kind_of_errno(int number)
{
	switch (number) {
	case ENOENT: case ENOTDIR: return ERROR_NOT_FOUND;
	case EACCES: case EPERM: case EROFS: return ERROR_DENIED;
	case ETIMEDOUT: return ERROR_TIMEOUT;
	case EAGAIN: case ECONNREFUSED: case ECONNRESET: return ERROR_UNAVAILABLE;
	default: return ERROR_INTERNAL;
	}
}

bool error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
{
	va_list ap;

	err->kind = kind;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	end_at_code_point(err);
	return false;
}

bool error_errno(struct error *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	err->kind = kind_of_errno(saved);
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	append(err, strerror(saved));
	end_at_code_point(err);
	return false;
}

bool error_prefix(struct error *err, const char *fmt, ...)
{
	struct error old = *err;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	append(err, old.text);
	end_at_code_point(err);
	return false;
}
