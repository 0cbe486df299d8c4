#include "text/html_style.h"

#include <stdlib.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "text/html_tree.h"

#define OFF_SCREEN (-900.0)   /* pixels or whatever unit: nobody sees that */
#define CLOSE 24              /* difference in each of red, green, blue that no eye sees */

const char *html_listed(const unsigned char **list, const char *name)
{
	for (; list && list[0]; list += 2)
		if (strcasecmp((const char *)list[0], name) == 0)
			return list[1] ? (const char *)list[1] : "";
	return NULL;
}

/* The next declaration of a style. */
static bool declaration(struct str *style, struct str *property, struct str *value)
{
	struct str whole;

	while (str_split(style, ';', &whole)) {
		const char *colon = whole.n ? memchr(whole.p, ':', whole.n) : NULL;
		if (!colon)
			continue;
		size_t at = (size_t)(colon - whole.p);
		*property = str_trim((struct str){ whole.p, at });
		*value = str_trim(str_from(whole, at + 1));
		return true;
	}
	return false;
}

/* The number at the beginning; false: there is none. */
static bool number(struct str value, double *x)
{
	char text[24], *end;
	size_t n = value.n < sizeof text - 1 ? value.n : sizeof text - 1;

	memcpy(text, value.p, n);
	text[n] = '\0';
	*x = strtod(text, &end);
	return end != text;
}

static bool is_nothing(struct str v) { double x; return number(v, &x) && x <= 0; }
static bool is_off_screen(struct str v) { double x; return number(v, &x) && x <= OFF_SCREEN; }
static bool is_none(struct str v) { return str_starts_like(v, "none"); }
static bool is_hidden(struct str v) { return str_starts_like(v, "hidden") || str_starts_like(v, "collapse"); }
static bool is_clipped(struct str v)
{
	return str_starts_like(v, "rect(0") || str_starts_like(v, "rect(1px") || str_starts_like(v, "inset(50%") ||
		str_starts_like(v, "inset(100%");
}

static bool is_shrunk(struct str v) { return str_starts_like(v, "scale(0)"); }

static bool is_tiny(struct str v)
{
	double x;

	if (!number(v, &x))
		return false;
	bool points = v.n > 2 && (str_is_like(str_from(v, v.n - 2), "px") || str_is_like(str_from(v, v.n - 2), "pt"));
	return x <= 0 || (points && x <= 1);
}

static const struct {
	const char *property;
	bool (*hides)(struct str value);
} hiding[] = {
	{ "display", is_none }, { "visibility", is_hidden }, { "content-visibility", is_hidden },
	{ "opacity", is_nothing }, { "font-size", is_tiny },
	{ "width", is_nothing }, { "height", is_nothing }, { "max-width", is_nothing }, { "max-height", is_nothing },
	{ "left", is_off_screen }, { "right", is_off_screen }, { "top", is_off_screen },
	{ "text-indent", is_off_screen },
	{ "margin-left", is_off_screen }, { "margin-top", is_off_screen },
	{ "clip", is_clipped }, { "clip-path", is_clipped }, { "transform", is_shrunk },
};

static bool style_hides(struct str style)
{
	struct str property, value;

	while (declaration(&style, &property, &value))
		for (size_t i = 0; i < countof(hiding); i++)
			if (str_is_like(property, hiding[i].property) && hiding[i].hides(value))
				return true;
	return false;
}

/* Beginnings of the names of boxes that ask for consent, and of what only screen readers are told. */
static const char *const boxes[] = {
	"cookie-banner", "cookiebanner", "cookie-consent", "cookieconsent", "cookie-notice", "cookienotice",
	"cookie-bar",
	"cookie-popup", "cookie-law", "cookie-message", "cookie-overlay", "cookie-modal", "gdpr", "onetrust",
	"cybotcookiebot", "consent-banner", "cc-window", "sr-only", "visually-hidden", "visuallyhidden",
	"screen-reader-text",
};

static bool names_box(const char *names)
{
	struct str rest = str_of(names), name;

	while (str_split(&rest, ' ', &name))
		for (size_t i = 0; i < countof(boxes); i++)
			if (str_starts_like(name, boxes[i]))
				return true;
	return false;
}

static bool is_page(const char *element)
{
	return strcmp(element, "html") == 0 || strcmp(element, "body") == 0 || strcmp(element, "main") == 0;
}

bool html_hidden(const char *element, const unsigned char **list)
{
	const char *value;

	if (!list)
		return strcmp(element, "dialog") == 0;
	if (html_listed(list, "hidden"))
		return true;
	if ((value = html_listed(list, "aria-hidden")) && strcasecmp(value, "true") == 0)
		return true;
	if ((value = html_listed(list, "role")) &&
		(strcasecmp(value, "navigation") == 0 || strcasecmp(value, "contentinfo") == 0))
		return true;
	if ((value = html_listed(list, "style")) && style_hides(str_of(value)))
		return true;
	if (strcmp(element, "dialog") == 0 && !html_listed(list, "open"))
		return true;
	return !is_page(element) && (((value = html_listed(list, "class")) && names_box(value)) ||
		((value = html_listed(list, "id")) && names_box(value)));
}

static const struct {
	const char *name;
	uint32_t color;
} named[] = {
	{ "white", 0xffffff }, { "black", 0 }, { "snow", 0xfffafa }, { "ivory", 0xfffff0 }, { "ghostwhite", 0xf8f8ff },
	{ "whitesmoke", 0xf5f5f5 }, { "floralwhite", 0xfffaf0 }, { "red", 0xff0000 }, { "green", 0x8000 },
	{ "blue", 0xff },
	{ "yellow", 0xffff00 }, { "gray", 0x808080 }, { "grey", 0x808080 }, { "navy", 0x80 },
};

static uint32_t hex(struct str digits)
{
	char text[8];
	char *end;

	if (digits.n != 3 && digits.n != 6)
		return HTML_UNKNOWN;
	for (size_t i = 0; i < 6; i++)
		text[i] = digits.n == 3 ? digits.p[i / 2] : digits.p[i];
	text[6] = '\0';
	uint32_t color = (uint32_t)strtoul(text, &end, 16);
	return *end ? HTML_UNKNOWN : color;
}

static uint32_t from_parts(struct str parts)
{
	double x[3] = {0};

	for (size_t i = 0; i < 3; i++) {
		while (parts.n && (parts.p[0] == ' ' || parts.p[0] == ','))
			parts = str_from(parts, 1);
		if (!number(parts, &x[i]) || x[i] < 0 || x[i] > 255)
			return HTML_UNKNOWN;
		while (parts.n && parts.p[0] != ' ' && parts.p[0] != ',')
			parts = str_from(parts, 1);
	}
	return (uint32_t)x[0] << 16 | (uint32_t)x[1] << 8 | (uint32_t)x[2];
}

/* Of a value like "#fff url(x)": its first word, or rgb(). */
static uint32_t read_color(struct str value)
{
	if (str_starts_like(value, "rgb(") || str_starts_like(value, "rgba("))
		return from_parts(str_from(value, value.p[3] == '(' ? 4 : 5));
	struct str word = value;
	(void)str_split(&value, ' ', &word);
	if (word.n && word.p[0] == '#')
		return hex(str_from(word, 1));
	for (size_t i = 0; i < countof(named); i++)
		if (str_is_like(word, named[i].name))
			return named[i].color;
	return HTML_UNKNOWN;
}

void html_colors(const unsigned char **list, uint32_t *color, uint32_t *background)
{
	const char *font = html_listed(list, "color"), *old = html_listed(list, "bgcolor");
	const char *text = html_listed(list, "style");
	struct str style = str_of(text ? text : ""), property, value;

	if (font)
		*color = read_color(str_of(font));
	if (old)
		*background = read_color(str_of(old));
	while (declaration(&style, &property, &value)) {
		if (str_is_like(property, "color"))
			*color = str_starts_like(value, "transparent") ? *background :
				str_starts_like(value, "inherit") ? *color :
				read_color(value);
		else if ((str_is_like(property, "background") || str_is_like(property, "background-color")) &&
			!str_starts_like(value, "transparent") && !str_starts_like(value, "inherit") &&
				!str_starts_like(value, "none"))
			*background = read_color(value);
	}
}

static bool near(uint32_t a, uint32_t b, unsigned shift)
{
	return abs((int)(a >> shift & 255) - (int)(b >> shift & 255)) <= CLOSE;
}

bool html_blends(uint32_t color, uint32_t background)
{
	return color != HTML_UNKNOWN && background != HTML_UNKNOWN &&
		near(color, background, 0) && near(color, background, 8) && near(color, background, 16);
}
