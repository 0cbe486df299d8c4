/*
 * The plain grammar: http(s)://host[:port][/path][?query][#fragment], where the
 * host is a name of letters, digits, '-' and '_', four decimal numbers, or an
 * IPv6 address in brackets.  Each step either passes or says why not.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "permit/url.h"

/* Names of this machine, of local networks and of a cloud's inside, and all names below them. */
static const char *const local_names[] = {
	"localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa",
	"arpa", "test", "svc", "onion", "metadata.goog", "metadata.azure.com", "metadata.tencentyun.com",
	/* Public names made to lead to addresses of one's choice, or to this machine. */
	"nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me", "vcap.me", "lacolhost.com", "rbndr.us", "1u.ms",
	"traefik.me", "local.gd",
};

/* These names and all below them. */
static const char *const trusted_names[] = { "wikipedia.org", "github.com" };

#define TRUSTED_FIRST_LABEL "docs."

/* Ports of services that a request could talk into something: the Fetch standard's "bad ports", and data bases. */
static const uint16_t bad_ports[] = {
	1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
	110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530,
	531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190,
	5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
	1433, 1521, 2375, 2376, 2379, 3306, 3389, 5432, 5900, 6379, 9200, 11211, 27017,
};

struct parts {
	struct str host;               /* as spelled, without brackets */
	bool bracketed;
	bool usual_port;
	struct str port;               /* digits; empty when there are none */
};

/* Every check returns NULL, or why the URL is blocked. */

static const char *check_bytes(struct str url)
{
	if (url.n > URL_BYTES_MAX)
		return "the URL is too long";
	for (size_t i = 0; i < url.n; i++) {
		unsigned char c = (unsigned char)url.p[i];
		if (c <= ' ' || c == 0x7f)
			return "white space and control characters are read differently by different programs";
		if (c == '\\')
			return "a backslash is read differently by different programs";
	}
	return utf8_valid(url.p, url.n) ? NULL : "the URL is not UTF-8";
}

/* Up to the first of `ends`. */
static struct str span_until(struct str s, const char *ends)
{
	size_t n = 0;

	while (n < s.n && !strchr(ends, s.p[n]))
		n++;
	return (struct str){ s.p, n };
}

static bool holds(struct str s, char c)
{
	return s.n > 0 && memchr(s.p, c, s.n) != NULL;
}

/* Old readers of URLs went on to an '@' behind '?' or '#'. */
static bool hides_credentials(struct str authority, struct str rest)
{
	return holds(authority, '@') || (rest.n > 0 && rest.p[0] != '/' && holds(span_until(rest, "/"), '@'));
}

static const char *split_host(struct str authority, struct parts *p)
{
	struct str after;

	p->bracketed = authority.n > 0 && authority.p[0] == '[';
	if (p->bracketed) {
		p->host = span_until(str_from(authority, 1), "]");
		if (p->host.n + 2 > authority.n)
			return "the bracket of the address is not closed";
		after = str_from(authority, p->host.n + 2);
	} else {
		p->host = span_until(authority, ":");
		after = str_from(authority, p->host.n);
	}
	if (after.n > 0 && after.p[0] != ':')
		return "the address is followed by something that is no port";
	p->port = after.n ? str_from(after, 1) : after;
	return p->host.n ? NULL : "there is no host in the URL";
}

static const char *split(struct str url, struct parts *p, uint16_t *port)
{
	bool https = str_starts_like(url, "https://");

	if (!https && !str_starts_like(url, "http://"))
		return "only http:// and https:// are fetched";
	*port = https ? 443 : 80;

	struct str rest = str_from(url, https ? 8 : 7), authority = span_until(rest, "/?#");
	if (hides_credentials(authority, str_from(rest, authority.n)))
		return "a URL that is fetched must hold no name or password";
	return split_host(authority, p);
}

static const char *read_port(const struct parts *p, uint16_t *port)
{
	unsigned long value = 0;

	for (size_t i = 0; i < p->port.n; i++) {
		if (!isdigit((unsigned char)p->port.p[i]) || i >= 5)
			return "the port is no number from 1 to 65535";
		value = value * 10 + (unsigned long)(p->port.p[i] - '0');
	}
	if (p->port.n && (value == 0 || value > 65535))
		return "the port is no number from 1 to 65535";
	if (p->port.n)
		*port = (uint16_t)value;
	for (size_t i = 0; i < countof(bad_ports); i++)
		if (*port == bad_ports[i])
			return "the port belongs to a service that is no web server";
	return NULL;
}

/* --- hosts that are addresses -------------------------------------------------------- */

static const char local_address[] = "the address is private, local or reserved";

static const char *check_v6(struct url_judgement *j)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6 };

	if (strchr(j->host, '%'))
		return "an address with a zone is local";
	if (inet_pton(AF_INET6, j->host, &a.sin6_addr) != 1)
		return "what stands in brackets is no IPv6 address";
	/* Carriers of IPv4 addresses are for resolvers to give, not for URLs to spell. */
	if ((a.sin6_addr.s6_addr[0] & 0xe0) != 0x20 || url_address_blocked((struct sockaddr *)&a))
		return local_address;
	return NULL;
}

/* "0x7f", "0177", "1": WHATWG's "ends in a number checker" looks at the last label. */
static bool is_number(const char *label)
{
	bool hex = label[0] == '0' && label[1] == 'x';
	size_t digits = strspn(label, "0123456789");

	return hex ? label[2 + strspn(label + 2, "0123456789abcdef")] == '\0' : digits > 0 && label[digits] == '\0';
}

static const char *check_v4(const char *host)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	/* Takes no other form: neither fewer numbers, nor zeros before one; tests hold it to that. */
	if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
		return "an address must be spelled as four decimal numbers";
	return url_address_blocked((struct sockaddr *)&a) ? local_address : NULL;
}

/* --- hosts that are names ------------------------------------------------------------- */

static bool is_below(const char *host, const char *name)
{
	size_t n = strlen(host), m = strlen(name);

	return n >= m && strcmp(host + n - m, name) == 0 && (n == m || host[n - m - 1] == '.');
}

static bool is_below_any(const char *host, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_below(host, names[i]))
			return true;
	return false;
}

static bool is_letter(uint32_t c)
{
	if (c < 0x80)
		return isalnum((int)c) || c == '-' || c == '_' || c == '.';
	utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
	return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO) && c != 0x3c2;
}

static const char *check_letters(const char *host)
{
	size_t n = strlen(host), label = 0;
	uint32_t c;

	for (size_t i = 0, step; i < n; i += step) {
		step = utf8_decode(host + i, n - i, &c);
		if (c == '%')
			return "a host must not be percent-encoded";
		if (!is_letter(c))
			return "the host holds a character that names do not have";
		if (c == '.' && label == 0)
			return "the host has an empty part";
		label = c == '.' ? 0 : label + step;
		if (label > 63)
			return "a part of the host is longer than 63 characters";
	}
	return label ? NULL : "the host has an empty part";
}

/* Next ASCII byte of s at or after i. */
static size_t skip_wide(const char *s, size_t i)
{
	while ((unsigned char)s[i] >= 0x80)
		i++;
	return i;
}

/* Whether letters that look like others (full-width, ligatures) become ASCII when the name is looked up. */
static bool folds_to_ascii(const char *host)
{
	utf8proc_uint8_t *raw = NULL;

	if (utf8proc_map((const utf8proc_uint8_t *)host, 0, &raw, UTF8PROC_NULLTERM | UTF8PROC_STABLE |
		UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE) < 0)
		return true;

	const char *folded = (const char *)raw;
	size_t i = skip_wide(host, 0), k = skip_wide(folded, 0);
	while (host[i] && host[i] == folded[k]) {
		i = skip_wide(host, i + 1);
		k = skip_wide(folded, k + 1);
	}
	bool differ = host[i] != folded[k];
	free(raw);
	return differ;
}

static const char *check_name(const char *host)
{
	const char *why = check_letters(host), *last = strrchr(host, '.');

	if (why)
		return why;
	if (folds_to_ascii(host))
		return "the host is spelled with letters that stand for others";
	if (is_number(last ? last + 1 : host))
		return check_v4(host);
	if (!last)
		return "a name without a dot is one of the local network";
	if (is_below_any(host, local_names, countof(local_names)))
		return "the name leads to this machine, a local network or a cloud's inside";
	return NULL;
}

/* Lower case, without the root's dot. */
static const char *read_host(struct str host, struct url_judgement *j)
{
	if (host.n > 1 && host.p[host.n - 1] == '.')
		host.n--;
	if (host.n > URL_HOST_MAX)
		return "the host is longer than 253 characters";
	for (size_t i = 0; i < host.n; i++)
		j->host[i] = (char)((unsigned char)host.p[i] < 0x80 ? tolower((unsigned char)host.p[i]) : host.p[i]);
	j->host[host.n] = '\0';
	return NULL;
}

static const char *why_blocked(struct str url, struct parts *p, struct url_judgement *j)
{
	const char *why = check_bytes(url);

	if (!why)
		why = split(url, p, &j->port);
	uint16_t usual = j->port;
	if (!why)
		why = read_port(p, &j->port);
	p->usual_port = j->port == usual;
	if (!why)
		why = read_host(p->host, j);
	if (!why)
		why = p->bracketed ? check_v6(j) : check_name(j->host);
	return why;
}

static bool is_trusted(const char *host)
{
	return utf8_ascii(host, strlen(host)) == strlen(host) && !strstr(host, "xn--") &&
		(is_below_any(host, trusted_names, countof(trusted_names)) ||
		 str_starts(str_of(host), (struct str)STR(TRUSTED_FIRST_LABEL)));
}

void url_judge(struct str url, struct url_judgement *j)
{
	struct parts p = {0};

	*j = (struct url_judgement){ .verdict = VERDICT_NEVER };
	j->why = why_blocked(url, &p, j);
	if (j->why)
		return;
	j->verdict = VERDICT_CONFIRM;
	if (!p.usual_port)
		j->why = "the port is not the usual one";
	else if (is_trusted(j->host)) {
		j->verdict = VERDICT_ALLOW;
		j->why = "a trusted site";
	} else {
		j->why = "a site that is not among the trusted ones";
	}
}
