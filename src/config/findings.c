#include "config/findings.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/utf8.h"

#define TEXT_MAX 1000

static void keep(struct config *c, enum finding_kind kind, const char *text)
{
	c->findings = mem_resize(c->findings, c->finding_count + 1, sizeof *c->findings);
	c->findings[c->finding_count++] = (struct finding){ kind, mem_strdup(text) };
}

void finding_add(struct config *c, enum finding_kind kind, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	if (c->finding_count > FINDINGS_MAX)
		return;
	if (c->finding_count == FINDINGS_MAX) {
		keep(c, FINDING_ERROR, "there is more that is wrong than is listed here");
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	size_t n = strlen(text);
	if (n == sizeof text - 1)
		text[n - utf8_incomplete_tail(text, n)] = '\0';
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	keep(c, kind, text);
}

bool findings_ok(const struct config *c, struct error *err)
{
	for (size_t i = 0; i < c->finding_count; i++)
		if (c->findings[i].kind == FINDING_ERROR)
			return error_set(err, ERROR_INVALID, "%s", c->findings[i].text);
	return true;
}

void findings_done(struct config *c)
{
	for (size_t i = 0; i < c->finding_count; i++)
		free(c->findings[i].text);
	free(c->findings);
	c->findings = NULL;
	c->finding_count = 0;
}
