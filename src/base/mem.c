#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mem_forget(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void mem_panic(const char *why)
{
	fprintf(stderr, "shammah: %s\n", why);
	abort();
}

static void *checked(void *p)
{
	if (!p)
		mem_panic("out of memory");
	return p;
}

void *mem_alloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *mem_zeroed(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *mem_resize(void *old, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		mem_panic("out of memory");
	size_t bytes = count * size;
	return checked(realloc(old, bytes ? bytes : 1));
}

char *mem_strdup(const char *string)
{
	return string ? mem_strndup(string, strlen(string)) : NULL;
}

char *mem_strndup(const char *bytes, size_t n)
{
	char *copy = mem_alloc(n + 1);

	if (n)
		memcpy(copy, bytes, n);
	copy[n] = '\0';
	return copy;
}

char *mem_printf(const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	return checked(n < 0 ? NULL : text);
}
