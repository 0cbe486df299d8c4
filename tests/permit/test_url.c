#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "base/mem.h"
#include "permit/explain.h"
#include "permit/url.h"
#include "support/test.h"

static enum verdict judge(const char *url)
{
	struct url_judgement j;

	url_judge(str_of(url), &j);
	assert_non_null(j.why);
	return j.verdict;
}

static void all_are(enum verdict expected, const char *const *urls, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		struct url_judgement j;
		url_judge(str_of(urls[i]), &j);
		if (j.verdict != expected) {
			fprintf(stderr, "# %s: %d, %s\n", urls[i], j.verdict, j.why);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static const char *const trusted[] = {
	"https://wikipedia.org", "https://wikipedia.org/", "https://en.wikipedia.org/wiki/Unix",
	"https://github.com/a/b",
	"http://en.wikipedia.org/wiki/C", "https://de.m.wikipedia.org/", "https://gist.github.com/x",
	"https://api.github.com/",
	"https://docs.python.org/3/", "https://docs.rs/serde", "https://docs.github.com/en",
	"https://docs.djangoproject.com/",
	"HTTPS://GitHub.COM/a", "https://github.com:443/a", "http://github.com:80/a", "https://github.com:/a",
	"https://github.com./a", "https://docs.aws.amazon.com/x?y=z#w", "https://github.com/a@b",
	"https://github.com/a?b=c@d",
	"https://en.wikipedia.org/wiki/%C3%84", "https://en.wikipedia.org/wiki/Ä", "https://github.com?x",
	"https://github.com#x",
};

static const char *const others[] = {
	"https://example.com/", "http://example.com", "https://example.com:8443/", "http://example.com:8080/x",
	"https://news.ycombinator.com/", "https://raw.githubusercontent.com/a/b/c", "https://notgithub.com/",
	"https://github.com.evil.com/", "https://evilwikipedia.org/", "https://wikipedia.org.evil.io/",
	"https://mydocs.example.com/", "https://en.docs.example.com/", "https://xn--mnchen-3ya.de/",
	"https://münchen.de/",
	"https://docs.xn--pple-43d.com/", "https://docs.münchen.de/", "https://gіthub.com/", "https://8.8.8.8/",
	"https://1.1.1.1:443/dns", "https://[2606:4700:4700::1111]/", "https://[2a00:1450:4001:81b::200e]:8080/",
	"https://a-b.example.com/", "https://a_b.example.com/", "https://a.b.c.d.e.example.com/",
	"https://github.com:8443/",
	"http://github.com:443/", "https://github.com:80/", "https://例え.jp/", "https://пример.com/",
	"https://3com.com/",
	"https://0x.com/", "https://127.0.0.1.com/", "https://10.example.com/", "https://localhost.com/",
	"https://internal.example.com/", "https://local.example.com/", "https://localdocs.io/", "https://example.dev/",
	"https://t.co/x", "https://172.15.0.1/", "https://172.32.0.1/", "https://100.63.255.255/",
	"https://100.128.0.1/",
	"https://192.167.1.1/", "https://11.0.0.1/", "https://126.255.255.255/", "https://128.0.0.1/",
	"https://169.253.1.1/",
	"https://223.255.255.255/", "https://198.17.0.1/", "https://198.20.0.1/",
};

static const char *const blocked[] = {
	/* Other schemes, and none */
	"", "x", "github.com", "//github.com/", "ftp://github.com/", "file:///etc/passwd", "javascript:alert(1)",
	"data:text/html,x", "gopher://github.com/", "dict://github.com:11211/", "ws://github.com/", "about:blank",
	"view-source:https://github.com", "jar:https://github.com!/", "httpss://github.com/", "http:github.com",
	"http:/github.com", "http:///github.com", "https:", "https://", "https:///", "https://?x", "https://#x",
	"blob:https://github.com/x", "unix:/var/run/docker.sock", "ldap://github.com", "smb://github.com/",
	"http//github.com",
	/* This machine and private networks */
	"http://localhost", "http://localhost:8080/", "http://LOCALHOST/", "http://localhost./", "http://a.localhost/",
	"http://a.b.localhost./", "http://localhost.localdomain/", "http://127.0.0.1/", "http://127.1.2.3/",
	"http://127.255.255.255/", "http://0.0.0.0/", "http://0.1.2.3/", "http://10.0.0.1/", "http://10.255.255.255/",
	"http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.0.1/", "http://192.168.255.255/",
	"http://169.254.169.254/",
	"http://169.254.0.1/", "http://100.64.0.1/", "http://100.127.255.255/", "http://192.0.0.1/",
	"http://192.0.2.1/",
	"http://198.18.0.1/", "http://198.19.255.255/", "http://198.51.100.1/", "http://203.0.113.9/",
	"http://224.0.0.1/",
	"http://239.255.255.250/", "http://240.0.0.1/", "http://255.255.255.255/", "http://192.88.99.1/",
	"http://168.63.129.16/",
	/* In disguise */
	"http://2130706433/", "http://017700000001/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0x7F.1/",
	"http://0177.0.0.1/", "http://127.1/", "http://127.0.1/", "http://0/", "http://1/", "http://00.0.0.0/",
	"http://127.0.0.01/", "http://127.0.0.1./", "http://0x/", "http://a.0x/", "http://a.1/", "http://1.2.3.4.5/",
	"http://256.1.1.1/", "http://4294967296/", "http://99999999999/", "http://134744072/", "http://8.8.2056/",
	"http://010.8.8.8/", "http://127。0。0。1/", "http://１２７.0.0.1/", "http://①27.0.0.1/",
	"http://127.0.0.1%2f@github.com/",
	"http://%31%32%37.0.0.1/", "http://%6c%6f%63alhost/", "http://github%2ecom/", "http://github.com%00.evil.com/",
	"http://ｌｏｃａｌｈｏｓｔ/", "http://ⓛocalhost/", "http://loc\u00adalhost/", "http://local\u200bhost/",
	"http://localho\u017ft/",
	"http://\u212aeys.example.com/", "http://fa\u00df.de/", "http://\ufb01x.com/", "http://a\u200d.com/",
	"http://a\u3002com/",
	"http://github.com\uff0fevil.com/", "http://\u2488.com/", "http://a\u0340.com/",
	"http://\u03b1\u03c2.gr/",
	/* IPv6 */
	"http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]:80/", "http://[::ffff:127.0.0.1]/",
	"http://[::ffff:7f00:1]/",
	"http://[::ffff:8.8.8.8]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::8.8.8.8]/",
	"http://[64:ff9b:1::1]/", "http://[2002:7f00:1::]/", "http://[2002:808:808::]/", "http://[2001::1]/",
	"http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", "http://[2001:10::1]/", "http://[2001:20::1]/",
	"http://[2001:db8::1]/",
	"http://[3fff::1]/", "http://[3fff:fff::1]/", "http://[fe80::1]/", "http://[fe80::1%25eth0]/",
	"http://[fe80::1%eth0]/",
	"http://[2606:4700::1%25eth0]/", "http://[febf::1]/", "http://[fec0::1]/", "http://[fc00::1]/",
	"http://[fd12::1]/",
	"http://[ff02::1]/", "http://[ff0e::1]/", "http://[100::1]/", "http://[5f00::1]/", "http://[4000::1]/",
	"http://[2606:4700::5efe:a00:1]/", "http://[2606:4700::200:5efe:7f00:1]/", "http://[::ffff:0:127.0.0.1]/",
	"http://[fd00:ec2::254]/", "http://[::1", "http://[]/", "http://[1]/", "http://[g::1]/", "http://[v1.x]/",
	"http://[::1]x/",
	"http://::1/", "http://[[::1]]/", "http://x[::1]/", "http://[1.2.3.4]/",
	/* Local names */
	"http://router/", "http://intranet", "http://a/", "http://printer.local/", "http://x.internal/",
	"http://metadata.google.internal/computeMetadata/v1/", "http://metadata/", "http://metadata.goog/",
	"http://instance-data.ec2.internal/", "http://host.docker.internal/", "http://kubernetes.default.svc/",
	"http://a.svc.cluster.local/", "http://nas.lan/", "http://nas.home/", "http://x.home.arpa/", "http://x.corp/",
	"http://x.intranet/", "http://x.private/", "http://app.test/", "http://x.onion/", "http://127.0.0.1.nip.io/",
	"http://10-0-0-1.sslip.io/", "http://localtest.me/", "http://a.lvh.me/", "http://docs.internal/",
	"http://docs.localhost/",
	"http://docs/", "http://docs./", "http://1.0.0.127.in-addr.arpa/", "http://7f000001.c0a80001.rbndr.us/",
	/* Credentials */
	"https://user@github.com/", "https://user:pw@github.com/", "https://:@github.com/", "https://@github.com/",
	"https://github.com@evil.com/", "https://github.com:80@evil.com/", "https://a@b@github.com/",
	"https://github.com#@evil.com/",
	"https://github.com?@evil.com/", "https://github.com%40evil.com/", "http://127.0.0.1:11211:80@github.com/",
	/* Ports */
	"http://example.com:22/", "http://example.com:25/", "http://example.com:6379/", "http://example.com:0/",
	"http://example.com:65536/", "http://example.com:99999/", "http://example.com:-1/", "http://example.com:+80/",
	"http://example.com:8a/", "http://example.com:0x50/", "http://example.com:80:80/", "http://example.com:000080/",
	"http://example.com:２２/", "http://example.com:3306/", "http://example.com:2375/",
	/* White space, control characters, backslashes, letters that no host has */
	" https://github.com/", "https://github.com/ ", "https://git hub.com/", "https://github.com/a b",
	"ht\ntps://github.com/",
	"https://git\thub.com/", "https://github.com/\r\nHost: evil", "https://github.com/\x7f",
	"https://github.com\\@evil.com/",
	"https:\\\\github.com/", "https://github.com\\evil", "https://github.com/a\\b",
	"https://evil.com\\.github.com/",
	"https://a,b.com/", "https://a;b.com/", "https://a!b.com/", "https://a'b.com/", "https://a$b.com/",
	"https://a&b.com/",
	"https://a(b).com/", "https://a*b.com/", "https://a+b.com/", "https://a=b.com/", "https://a|b.com/",
	"https://a^b.com/",
	"https://a<b>.com/", "https://a\"b.com/", "https://a`b.com/", "https://a{b}.com/", "https://a~b.com/",
	"https://.github.com/", "https://github..com/", "https://github.com../", "https://./", "https://../",
	"https://..",
	"https://\xff.com/", "https://github.com/\xc0\xaf", "https://\xed\xa0\x80.com/",
};

TEST(trusted_sites_are_allowed)
{
	all_are(VERDICT_ALLOW, trusted, countof(trusted));
}

TEST(other_sites_are_confirmed)
{
	all_are(VERDICT_CONFIRM, others, countof(others));
}

TEST(what_is_not_plain_and_public_is_blocked)
{
	all_are(VERDICT_NEVER, blocked, countof(blocked));
}

TEST(long_hosts_labels_and_urls_are_blocked)
{
	char url[URL_BYTES_MAX + 40] = "https://";
	struct url_judgement j;

	memset(url + 8, 'a', 63);
	strcpy(url + 71, ".com/");
	assert_int_equal(judge(url), VERDICT_CONFIRM);
	memset(url + 8, 'a', 64);
	strcpy(url + 72, ".com/");
	assert_int_equal(judge(url), VERDICT_NEVER);
	for (size_t i = 0; i < 254; i++)
		url[8 + i] = i % 2 ? '.' : 'a';
	strcpy(url + 8 + 253, "/");
	assert_int_equal(judge(url), VERDICT_CONFIRM);
	strcpy(url + 8 + 253, "b/");
	assert_int_equal(judge(url), VERDICT_NEVER);
	memcpy(url, "https://github.com/", 19);
	memset(url + 19, 'a', sizeof(url) - 19);
	url_judge((struct str){ url, URL_BYTES_MAX }, &j);
	assert_int_equal(j.verdict, VERDICT_ALLOW);
	url_judge((struct str){ url, URL_BYTES_MAX + 1 }, &j);
	assert_int_equal(j.verdict, VERDICT_NEVER);
}

TEST(reasons_say_what_is_wrong)
{
	static const struct { const char *url, *word; } at[] = {
		{ "https://me@github.com/", "password" }, { "https://[fe80::1%eth0]/", "zone" },
		{ "https://%61.com/", "percent" },
		{ "https://127.1/", "four decimal" }, { "https://router/", "local network" },
		{ "https://github.com:0/", "65535" },
		{ "https://github.com:22/", "no web server" }, { "ftp://github.com/", "http://" },
		{ "https://a..b/", "empty" },
	};

	for (size_t i = 0; i < countof(at); i++) {
		struct url_judgement j;
		url_judge(str_of(at[i].url), &j);
		if (!strstr(j.why, at[i].word))
			fail_msg("%s: %s", at[i].url, j.why);
	}
}

TEST(a_nul_ends_nothing)
{
	struct url_judgement j;

	url_judge((struct str)STR("https://github.com\0.evil.com/"), &j);
	assert_int_equal(j.verdict, VERDICT_NEVER);
}

/* What libcurl would connect to is what was judged. */
static void compare(const char *url)
{
	struct url_judgement j;
	char *host = NULL, *port = NULL;
	CURLU *u = curl_url();

	url_judge(str_of(url), &j);
	assert_int_equal(curl_url_set(u, CURLUPART_URL, url, 0), CURLUE_OK);
	assert_int_equal(curl_url_get(u, CURLUPART_HOST, &host, 0), CURLUE_OK);
	assert_int_equal(curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT), CURLUE_OK);
	size_t skip = host[0] == '[', n = strlen(host) - 2 * skip;
	if (host[skip + n - 1] == '.')
		n--;
	assert_int_equal(n, strlen(j.host));
	assert_int_equal(strncasecmp(host + skip, j.host, n), 0);
	assert_int_equal(atoi(port), j.port);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
}

TEST(libcurl_reads_the_same_host_and_port)
{
	for (size_t i = 0; i < countof(trusted); i++)
		compare(trusted[i]);
	for (size_t i = 0; i < countof(others); i++)
		compare(others[i]);
}

static unsigned draw(uint32_t *seed, unsigned below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

/* The same host in other letters, with the root's dot, the usual port, another path. */
TEST(equivalent_spellings_have_the_same_verdict)
{
	static const char *const hosts[] = { "github.com", "example.com", "localhost", "x.internal", "docs.rs",
		"8.8.8.8", "127.0.0.1", "router", "a.wikipedia.org", "10.1.2.3", "xn--mnchen-3ya.de", "docs.local" };
	static const char *const tails[] = { "", "/", "/a", "?q", "#f", "/x/../y" };
	uint32_t seed = 5;

	for (size_t i = 0; i < 4000; i++) {
		const char *host = hosts[draw(&seed, countof(hosts))];
		bool https = draw(&seed, 2);
		own_buf plain = BUF_INIT(1000), odd = BUF_INIT(1000);
		buf_putf(&plain, "http%s://%s/", https ? "s" : "", host);
		buf_putf(&odd, "%s%s", draw(&seed, 2) ? "HtTp" : "http", https ? "S://" : "://");
		for (const char *p = host; *p; p++)
			buf_putf(&odd, "%c", draw(&seed, 2) && *p >= 'a' && *p <= 'z' ? *p - 32 : *p);
		buf_putf(&odd, "%s%s%s", draw(&seed, 2) ? "." : "",
			draw(&seed, 2) ? "" : https ? ":443" : ":80", tails[draw(&seed, countof(tails))]);
		if (judge(plain.data) != judge(odd.data))
			fail_msg("%s and %s", plain.data, odd.data);
	}
}

/* Any spelling of an address but the plain one is blocked, whoever it belongs to. */
TEST(addresses_in_disguise_are_blocked)
{
	uint32_t seed = 7;

	for (size_t i = 0; i < 2000; i++) {
		uint32_t a = draw(&seed, 1 << 16) << 16 | draw(&seed, 1 << 16);
		own_buf url = BUF_INIT(100);
		switch (i % 4) {
		case 0: buf_putf(&url, "http://%u/", a); break;
		case 1: buf_putf(&url, "http://0x%x/", a); break;
		case 2: buf_putf(&url, "http://0%o/", a); break;
		default: buf_putf(&url, "http://%u.0x%x/", a >> 24, a & 0xffffff); break;
		}
		if (judge(url.data) != VERDICT_NEVER)
			fail_msg("%s", url.data);
	}
}

/* --- addresses ----------------------------------------------------------------------------- */

static bool address_blocked(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return url_address_blocked((struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return url_address_blocked((struct sockaddr *)&v6);
}

/* First and last of each range, and their neighbours outside. */
TEST(every_range_is_blocked_from_its_first_to_its_last_address)
{
	static const struct { const char *before, *first, *last, *after; } ranges[] = {
		{ NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0" },
		{ "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0" },
		{ "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0" },
		{ "126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0" },
		{ "168.63.129.15", "168.63.129.16", "168.63.129.16", "168.63.129.17" },
		{ "169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0" },
		{ "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0" },
		{ "191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0" },
		{ "192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0" },
		{ "192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0" },
		{ "192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0" },
		{ "198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0" },
		{ "198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0" },
		{ "203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0" },
		{ "223.255.255.255", "224.0.0.0", "255.255.255.255", NULL },
		{ NULL, "::", "::1", NULL },
		{ NULL, "::2", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::" },
		{ "2000:ffff::", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::" },
		{ "2001:db7:ffff::", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::" },
		{ "2001:ffff::", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::" },
		{ "3ffe:ffff::", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::" },
		{ "3fff:ffff::", "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL },
		{ "::ffff:9.255.255.255", "::ffff:10.0.0.0", "::ffff:10.255.255.255", "::ffff:11.0.0.0" },
		{ "64:ff9b::126.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::127.255.255.255", "64:ff9b::128.0.0.1" },
		{ NULL, "64:ff9b:1::", "64:ff9b:1:ffff::8.8.8.8", NULL },
		{ NULL, "fe80::1", "febf::1", NULL }, { NULL, "fc00::", "fdff::1", NULL },
		{ NULL, "ff00::", "ff02::1", NULL },
		{ NULL, "2606:4700::5efe:8.8.8.8", "2606:4700::200:5efe:8.8.8.8", "2606:4700::1:5efe:808:808" },
	};

	for (size_t i = 0; i < countof(ranges); i++) {
		if (!address_blocked(ranges[i].first) || !address_blocked(ranges[i].last))
			fail_msg("%s to %s is not blocked", ranges[i].first, ranges[i].last);
		if (ranges[i].before && address_blocked(ranges[i].before))
			fail_msg("%s is blocked", ranges[i].before);
		if (ranges[i].after && address_blocked(ranges[i].after))
			fail_msg("%s is blocked", ranges[i].after);
	}
}

TEST(other_families_are_blocked)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };

	assert_true(url_address_blocked((struct sockaddr *)&local));
}

TEST(explain_names_the_verdict)
{
	struct error err = {0};
	own_json *input = json_pack("{s:s}", "url", "http://127.0.0.1/"), *none = json_object();
	own_json *result = explain_url(input, &err);

	assert_string_equal(json_member_string(result, "verdict"), "block");
	assert_non_null(json_member_string(result, "why"));
	assert_null(explain_url(none, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trusted_sites_are_allowed),
		cmocka_unit_test(other_sites_are_confirmed),
		cmocka_unit_test(what_is_not_plain_and_public_is_blocked),
		cmocka_unit_test(long_hosts_labels_and_urls_are_blocked),
		cmocka_unit_test(reasons_say_what_is_wrong),
		cmocka_unit_test(a_nul_ends_nothing),
		cmocka_unit_test(libcurl_reads_the_same_host_and_port),
		cmocka_unit_test(equivalent_spellings_have_the_same_verdict),
		cmocka_unit_test(addresses_in_disguise_are_blocked),
		cmocka_unit_test(every_range_is_blocked_from_its_first_to_its_last_address),
		cmocka_unit_test(other_families_are_blocked),
		cmocka_unit_test(explain_names_the_verdict),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
