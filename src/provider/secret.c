#include "provider/secret.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define BEGUN_MIN 6          /* letters at the end of a text that are taken for the beginning of a secret */

static size_t spelled_in_hex(const char *text, const char *before, size_t digits, char c)
{
	size_t n = strlen(before);
	char hex[8];

	snprintf(hex, sizeof hex, "%0*x", (int)digits, (unsigned char)c);
	return strncmp(text, before, n) == 0 && strncasecmp(text + n, hex, digits) == 0 ? n + digits : 0;
}

static size_t spelled_in_html(const char *text, char c)
{
	static const struct { char c; const char *word; } words[] = {
		{ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" },
		{ '\'', "&#x27;" }, { '"', "&#34;" },
	};

	for (size_t i = 0; i < countof(words); i++)
		if (words[i].c == c && strncmp(text, words[i].word, strlen(words[i].word)) == 0)
			return strlen(words[i].word);
	return 0;
}

/* How many bytes of the text spell the character; 0: none do. */
static size_t spelled(const char *text, char c)
{
	size_t n;

	if (*text == '\\' && text[1] == c)
		return 2;
	if ((n = spelled_in_hex(text, "\\u", 4, c)) || (n = spelled_in_hex(text, "%", 2, c)) ||
	    (n = spelled_in_html(text, c)))
		return n;
	return *text == c;
}

/* How many bytes of the text spell the secret, or begin to where the text ends; 0: none do. */
static size_t spells(const char *text, const char *secret)
{
	size_t n = 0, letters = 0, length = strlen(secret);

	if (strncmp(text, secret, length) == 0)
		return length;
	for (; secret[letters] && text[n]; letters++) {
		size_t one = spelled(text + n, secret[letters]);
		if (!one)
			return 0;
		n += one;
	}
	return !secret[letters] || letters >= BEGUN_MIN ? n : 0;
}

static bool stands_alone(const char *text, const char *at, size_t n)
{
	return (at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[n]);
}

void secret_hide(char *text, const char *secret)
{
	size_t length = secret ? strlen(secret) : 0;

	for (char *at = text; length && *at; ) {
		size_t n = spells(at, secret);
		bool hidden = n && (length >= SECRET_LONG || stands_alone(text, at, n));
		if (hidden)
			memset(at, '*', n);
		at += hidden ? n : 1;
	}
}
