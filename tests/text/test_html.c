#include "text/html.h"

#include <unistd.h>

#include "base/utf8.h"
#include "support/random.h"
#include "support/test.h"
#include "text/html_url.h"

#define BASE "https://e.org/a/b"

static bool convert(struct str bytes, const char *type, struct buf *out, struct error *err)
{
	const struct html_page page = { bytes, BASE, type };
	return html_to_markdown(&page, out, err);
}

static void expect(struct str bytes, const char *type, const char *expected)
{
	own_buf out = BUF_INIT(HTML_MARKDOWN_MAX);
	struct error err = {0};

	assert_ok(convert(bytes, type, &out, &err));
	if (strcmp(out.data, expected) != 0)
		fail_msg("%.*s\n--- gives\n%s\n--- not\n%s", STR_ARGS(bytes), out.data, expected);
}

static const struct { const char *html, *markdown; } pairs[] = {
	{ "", "" },
	{ "<p></p>", "" },
	{ "plain", "plain\n" },
	{ "<p>one<p>two", "one\n\ntwo\n" },
	{ "<p> a \n\t b </p>", "a b\n" },
	{ "a<div>b</div>c", "a\n\nb\n\nc\n" },
	{ "<h1>A</h1><h2>B</h2><h6>C</h6>", "# A\n\n## B\n\n###### C\n" },
	{ "<h2> a <br> b </h2>", "## a b\n" },
	{ "<h2></h2>x", "x\n" },
	{ "<h2>A<a href='#a'>¶</a></h2>", "## A\n" },
	{ "<title>T &amp; U</title><p>x", "# T & U\n\nx\n" },
	{ "<title>T</title><h1>H</h1>", "# H\n" },
	{ "<title>T</title><h2>H</h2>", "# T\n\n## H\n" },
	/* emphasis */
	{ "<b>a</b> <strong>b</strong>", "**a** **b**\n" },
	{ "<i>a</i> <em>b</em>", "*a* *b*\n" },
	{ "x<b> a </b>y", "x **a** y\n" },
	{ "<b></b>x<i> </i>y", "x y\n" },
	{ "<b>a</b><b>b</b>", "**ab**\n" },
	{ "<b>a<strong>b</strong>c</b>", "**abc**\n" },
	{ "<b><i>a</i></b>", "***a***\n" },
	{ "<b>a<br><br>c</b>", "**a**\n\n**c**\n" },
	{ "<del>a</del><s>b</s>", "~~ab~~\n" },
	/* code */
	{ "<code>a_b*c</code>", "`a_b*c`\n" },
	{ "x<code> a  b </code>y", "x `a b` y\n" },
	{ "<code>`</code>", "`` ` ``\n" },
	{ "<code></code>x", "x\n" },
	{ "<pre>a\n  b\n\nc  \n</pre>", "```\na\n  b\n\nc\n```\n" },
	{ "<pre>\nx</pre>", "```\nx\n```\n" },
	{ "<pre>a<br>b</pre>", "```\na\nb\n```\n" },
	{ "<pre>```\nx</pre>", "````\n```\nx\n````\n" },
	{ "<pre><code class='hljs language-c++'>x</code></pre>", "```c++\nx\n```\n" },
	{ "<div class='highlight-source-rust'><pre>x &lt; y</pre></div>", "```rust\nx < y\n```\n" },
	{ "<pre>a<b>b</b> * _</pre>", "```\nab * _\n```\n" },
	/* lists */
	{ "<ul><li>a</li><li>b</li></ul>c", "- a\n- b\n\nc\n" },
	{ "<ul><li>a<li>b</ul>", "- a\n- b\n" },
	{ "<ol><li>a</li><li>b</li></ol>", "1. a\n2. b\n" },
	{ "<ol start=9><li>a</li><li>b<p>c</ol>", "9. a\n10. b\n\n    c\n" },
	{ "<ul><li>a<ul><li>b<ol><li>c</ol></ul><li>d</ul>", "- a\n  - b\n    1. c\n- d\n" },
	{ "<ul><li>a</li><ul><li>b</li></ul></ul>", "- a\n  - b\n" },
	{ "<ul><li><p>a</p></li><li><p>b</p></li></ul>", "- a\n- b\n" },
	{ "<ul><li></li><li>a</li></ul>", "- a\n" },
	{ "<ul><li><input type=checkbox checked> a<li><input type=checkbox> b</ul>", "- [x] a\n- [ ] b\n" },
	{ "<ul><li><pre>x\ny</pre></ul>", "- ```\n  x\n  y\n  ```\n" },
	{ "<dl><dt>a<dd>b<dd>c<dt>d<dd>e</dl>", "a\n: b\n: c\n\nd\n: e\n" },
	{ "<dl><dt>a</dt><dd><p>b</p><p>c</p></dd></dl>", "a\n: b\n\n  c\n" },
	/* quotes and rules */
	{ "<blockquote>a</blockquote>b", "> a\n\nb\n" },
	{ "<blockquote><p>a<p>b</blockquote>", "> a\n>\n> b\n" },
	{ "a<blockquote>b<blockquote>c</blockquote></blockquote>", "a\n\n> b\n>\n> > c\n" },
	{ "<blockquote><ul><li>a<li>b</ul></blockquote>", "> - a\n> - b\n" },
	{ "a<hr>b", "a\n\n---\n\nb\n" },
	{ "a<br>b<br>", "a\\\nb\n" },
	{ "a<br><br>b", "a\n\nb\n" },
	{ "<details><summary>s</summary><p>t</details>", "**s**\n\nt\n" },
	/* links and images */
	{ "<a href=c>x</a>", "[x](https://e.org/a/c)\n" },
	{ "<a href='/c?d=1&amp;e'>x</a>", "[x](https://e.org/c?d=1&e)\n" },
	{ "<a href='//f.org/'> x </a>y", "[x](https://f.org/) y\n" },
	{ "<a href='http://f.org/a b'>x</a>", "[x](http://f.org/a%20b)\n" },
	{ "<a href='/a_(b)'>x</a><a href='/)'>y</a>", "[x](https://e.org/a_(b))[y](https://e.org/%29)\n" },
	{ "<a href=javascript:a()>x</a>", "x\n" },
	{ "<a href=' java\nscript:a()'>x</a>", "x\n" },
	{ "<a href='data:text/html,x'>x</a>", "x\n" },
	{ "<a href=mailto:a@b.c>x</a>", "[x](mailto:a@b.c)\n" },
	{ "<a href=c></a>x", "x\n" },
	{ "<a href=c>[1]</a>", "[\\[1\\]](https://e.org/a/c)\n" },
	{ "<a href=c><b>x</b></a>", "[**x**](https://e.org/a/c)\n" },
	{ "<a href=c><p>x</p><p>y</p></a>z", "[x y](https://e.org/a/c)\n\nz\n" },
	{ "<base href=/z/><a href=c>x</a>", "[x](https://e.org/z/c)\n" },
	{ "<img src=i.png alt='a b'>", "![a b](https://e.org/a/i.png)\n" },
	{ "<a href=c><img src=/i></a>", "[![](https://e.org/i)](https://e.org/a/c)\n" },
	{ "x<img src='data:image/png;base64,AA'>", "x\n" },
	{ "<img src='data:x' data-src=/i alt=a>", "![a](https://e.org/i)\n" },
	{ "<a href=c>x</a><a href=d>y</a><i>z</i>", "[x](https://e.org/a/c)[y](https://e.org/a/d)*z*\n" },
	/* tables */
	{ "<table><tr><th>a<th>b<tr><td>1<td>2</table>", "| a | b |\n| --- | --- |\n| 1 | 2 |\n" },
	{ "<table><tr><td align=center>a|<td style='text-align:right'>b</table>", "| a\\| | b |\n| :---: | ---: |\n" },
	{ "<table><tr><th colspan=2>a<tr><td>1<td>2</table>", "| a | |\n| --- | --- |\n| 1 | 2 |\n" },
	{ "<table><tr><th>a<th>b<tr><td rowspan=2>1<td>2<tr><td>3</table>",
	  "| a | b |\n| --- | --- |\n| 1 | 2 |\n| | 3 |\n" },
	{ "<table><tr><td><p>a</p><p>b</p><td>c<br>d</table>", "| a b | c d |\n| --- | --- |\n" },
	{ "<table><caption>C</caption><tr><td>a<td>b</table>x", "C\n\n| a | b |\n| --- | --- |\n\nx\n" },
	{ "<table><tr><td><ul><li>a</ul><td>b</table>", "- a\n\nb\n" },
	{ "<table role=presentation><tr><td>a<td>b</table>", "a\n\nb\n" },
	/* what is left out */
	{ "a<script>b</script><style>c</style><noscript>d</noscript><svg><text>e</text></svg>f", "af\n" },
	{ "<nav>a</nav>b<footer>c</footer>", "b\n" },
	{ "<p hidden>a</p><p aria-hidden=true>b</p><p aria-hidden=false>c", "c\n" },
	{ "<p style='color:red; DISPLAY : none !important'>a</p>b", "b\n" },
	{ "<p style=visibility:hidden>a</p><p style='font-size:0px'>b</p><p style=opacity:0>c</p>d", "d\n" },
	{ "<p style='position:absolute;left:-9999px'>a</p><p style='height:0;overflow:hidden'>b</p>c", "c\n" },
	{ "<p style='color:#fff'>a</p><font color=white>b</font>c", "c\n" },
	{ "<div style='background:#000'><p style='color:white'>a<p style='color:#010101'>b</div>", "a\n" },
	{ "<p style='color:rgb(255, 255, 255)'>a<b style='color:#000'>b</b></p>", "**b**\n" },
	{ "<div id=cookie-banner>a</div><div class='x cookie-consent-box'>b</div>c", "c\n" },
	{ "<span class=sr-only>a</span><!-- b -->c<template>d</template>", "c\n" },
	{ "a&#xE0041;&#x200B;&#x202E;b&shy;c", "abc\n" },
	{ "a<main>b</main>c", "b\n" },
	{ "a<main></main>c", "a\n\nc\n" },
	{ "a<article>b</article>c", "b\n" },
	{ "<article>a</article><article>b</article>", "a\n\nb\n" },
	{ "<!DOCTYPE html><p>a<p role=navigation>b", "a\n" },
	/* escapes */
	{ "*a* _b_ c_d 2 * 3", "\\*a\\* \\_b\\_ c_d 2 * 3\n" },
	{ "&lt;b&gt; &amp;amp; a&amp;b 1 &lt; 2", "\\<b> \\&amp; a&b 1 < 2\n" },
	{ "[a](b) `c` ~~d~~", "[a\\](b) \\`c\\` \\~\\~d\\~\\~\n" },
	{ "<p># a<p>#a<p>- b<p>1. c<p>1.5<p>&gt; d<p>+ e<p>---",
	  "\\# a\n\n#a\n\n\\- b\n\n1\\. c\n\n1.5\n\n\\> d\n\n\\+ e\n\n\\---\n" },
	{ "a&nbsp;&nbsp;b&eacute;&#x1F600;", "a bé😀\n" },
};

TEST(pages_become_markdown)
{
	for (size_t i = 0; i < countof(pairs); i++)
		expect(str_of(pairs[i].html), "text/html; charset=utf-8", pairs[i].markdown);
}

TEST(bytes_are_read_in_the_charset_they_are_in)
{
	expect((struct str)STR("<p>\xe9\x80"), "text/html", "é€\n");
	expect((struct str)STR("caf\xe9"), NULL, "café");
	expect((struct str)STR("<p>\xc3\xa9 \xc3"), "text/html", "é �\n");
	expect((struct str)STR("<meta charset=windows-1251><p>\xe4"), "text/html", "д\n");
	expect((struct str)STR("<meta charset=windows-1251><p>\xc3\xa9"), "text/html; charset=UTF-8", "é\n");
	expect((struct str)STR("<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>\xc1"), NULL, "а\n");
	expect((struct str)STR("\xef\xbb\xbf<p>\xc3\xa9"), "text/html; charset=latin1", "é\n");
	expect((struct str)STR("\xff\xfe<\0p\0>\0\xe9\0"), "text/html", "é\n");
	expect((struct str)STR("\xfe\xff\0<\0p\0>\0\xe9"), "text/html", "é\n");
	expect((struct str)STR("<p>\x82\xa0"), "text/html; charset=Shift_JIS", "あ\n");
	expect((struct str)STR("<p>a\xff\0b"), "text/html; charset=utf-8", "a��b\n");
	expect((struct str)STR("<meta charset=utf-16><p>\xc3\xa9"), "text/html", "é\n");
	expect((struct str)STR("<p>+ADw-script+AD4-"), "text/html; charset=utf-7", "+ADw-script+AD4-\n");
}

TEST(text_that_is_no_html_is_passed_on)
{
	expect((struct str)STR("<p>*a*  \n"), "text/plain", "<p>*a*  \n");
	expect((struct str)STR("{\"a\": 1}"), "application/json", "{\"a\": 1}");
	expect((struct str)STR("{}"), "application/ld+json; charset=utf-8", "{}");
	expect((struct str)STR("a < b"), NULL, "a < b");
	expect((struct str)STR("caf\xe9"), "text/plain; charset=iso-8859-1", "café");
}

static void refuse(struct str bytes, const char *type, enum error_kind kind, const char *word)
{
	own_buf out = BUF_INIT(HTML_MARKDOWN_MAX);
	struct error err = {0};

	assert_false(convert(bytes, type, &out, &err));
	assert_int_equal(err.kind, kind);
	if (!strstr(err.text, word))
		fail_msg("\"%s\" does not say \"%s\"", err.text, word);
	assert_int_equal(out.len, 0);
}

TEST(what_is_no_text_is_refused_by_name)
{
	refuse((struct str)STR("%PDF-1.7"), "text/html", ERROR_INVALID, "application/pdf");
	refuse((struct str)STR("\x89PNG\r\n"), NULL, ERROR_INVALID, "image/png");
	refuse((struct str)STR("x"), "image/jpeg", ERROR_INVALID, "image/jpeg");
	refuse((struct str)STR("a\0b"), NULL, ERROR_INVALID, "binary");
	refuse((struct str)STR("a\0b"), "text/plain", ERROR_INVALID, "text/plain");
}

/* `piece` again and again, n bytes of it. */
static char *repeated(const char *piece, size_t n)
{
	char *text = malloc(n + 1);

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		text[i] = piece[i % strlen(piece)];
	text[n] = '\0';
	return text;
}

TEST(a_page_over_the_ceiling_is_refused_and_one_under_it_read)
{
	own_mem char *page = repeated("<p>words ", HTML_MAX + 1);
	own_buf out = BUF_INIT(HTML_MARKDOWN_MAX);
	struct error err = {0};

	refuse((struct str){ page, HTML_MAX + 1 }, "text/html", ERROR_TOO_LARGE, "10 MB");
	assert_ok(convert((struct str){ page, HTML_MAX }, "text/html", &out, &err));
	assert_true(out.len >= HTML_MAX / 9 * strlen("words\n\n") - 2);
}

TEST(pages_that_are_made_to_take_long_end)
{
	static const char *const pieces[] = {
		"<div>", "<b><i><a href=x><p>t", "<", "&", "<ul><li>", "<table><tr><td>", "`", "<!--", "<p>", "<body>",
		"<code>`</code>", "<script>", "<form>", "<font color=red>x", "</p>", "<dd>", "<h1>", "*", "<pre>",
	};

	for (size_t i = 0; i < countof(pieces); i++) {
		own_mem char *page = repeated(pieces[i], 1 << 20);
		own_buf out = BUF_INIT(HTML_MARKDOWN_MAX);
		struct error err = {0};
		assert_ok(convert(str_of(page), "text/html", &out, &err));
		assert_true(utf8_valid(out.data, out.len));
	}
	own_mem char *many = repeated("<a b c d e f g h i j", 1 << 20);
	refuse(str_of(many), "text/html", ERROR_TOO_LARGE, "attributes");
	own_mem char *deep = repeated("<blockquote><p>x", 1 << 20);
	refuse(str_of(deep), "text/html", ERROR_TOO_LARGE, "Markdown");
	own_mem char *ends = repeated("<div>", 1 << 20);
	for (size_t i = 1 << 19; i + 4 < 1 << 20; i += 4)
		memcpy(ends + i, "</q>", 4);
	refuse(str_of(ends), "text/html", ERROR_TOO_LARGE, "closes");
}

TEST(text_deep_in_a_page_is_not_lost)
{
	own_mem char *page = repeated("<div>", 50000);

	memcpy(page + 50000 - 5, "found", 5);
	expect(str_of(page), "text/html", "found\n");
}

TEST(nothing_outside_the_page_is_read)
{
	char path[] = "/tmp/html-secret-XXXXXX", page[400];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "secret", 6), 6);
	static const char *const pages[] = {
		"<!DOCTYPE html [<!ENTITY x SYSTEM \"file://%s\">]><p>a&x;",
		"<!DOCTYPE html SYSTEM \"file://%s\"><p>a",
		"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY %% p SYSTEM 'file://%s'>%%p;]><p>a&p;",
		"<html xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='file://%s' parse='text'/>a",
	};
	for (size_t i = 0; i < countof(pages); i++) {
		own_buf out = BUF_INIT(HTML_MARKDOWN_MAX);
		struct error err = {0};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(page, sizeof page, pages[i], path);
#pragma GCC diagnostic pop
		assert_ok(convert(str_of(page), i == 2 ? "application/xhtml+xml" : "text/html", &out, &err));
		assert_null(strstr(out.data, "secret\n"));
		assert_null(strstr(out.data, "asecret"));
	}
	close(fd);
	unlink(path);
}

static bool ends_clean(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\n' && i && (text.p[i - 1] == ' ' || text.p[i - 1] == '\t'))
			return false;
	return true;
}

static void check(struct str page)
{
	own_buf out = BUF_INIT(HTML_MARKDOWN_MAX);
	struct error err = {0};

	assert_ok(convert(page, "text/html", &out, &err));
	assert_true(utf8_valid(out.data, out.len));
	assert_true(ends_clean(buf_str(&out)));
}

TEST(a_page_cut_anywhere_is_read)
{
	for (size_t i = 0; i < countof(pairs); i++)
		for (size_t n = 0; n <= strlen(pairs[i].html); n++)
			check((struct str){ pairs[i].html, n });
}

TEST(pieces_of_pages_in_any_order_are_read)
{
	uint64_t seed = 5;

	for (int round = 0; round < 1500; round++) {
		own_buf page = BUF_INIT(1 << 20);
		for (int i = 0; i < 12; i++)
			buf_put(&page, pairs[random_below(&seed, countof(pairs))].html);
		size_t from = random_below(&seed, (uint32_t)page.len);
		check(str_from(buf_str(&page), from));
	}
}

TEST(plain_sentences_come_back_as_they_were)
{
	uint64_t seed = 7;

	for (int round = 0; round < 500; round++) {
		own_buf page = BUF_INIT(1 << 16);
		for (int i = 0; i < 20; i++) {
			for (int n = 0; n < 6; n++)
				buf_putf(&page, "%c", 'a' + (int)random_below(&seed, 26));
			buf_put(&page, i == 19 ? ".\n" : i % 7 == 6 ? ".\n\n" : i % 3 ? " " : ", ");
		}
		own_buf html = BUF_INIT(1 << 16), again = BUF_INIT(1 << 16);
		struct error err = {0};
		assert_ok(convert(buf_str(&page), "text/plain", &html, &err));
		assert_ok(convert(buf_str(&html), "text/plain", &again, &err));
		assert_string_equal(again.data, page.data);
	}
}

TEST(links_are_resolved_as_the_standard_shows)
{
	static const char *const examples[][2] = {   /* RFC 3986, 5.4, with the base http://a/b/c/d;p?q */
		{ "g", "http://a/b/c/g" }, { "./g", "http://a/b/c/g" }, { "g/", "http://a/b/c/g/" },
		{ "/g", "http://a/g" },
		{ "//g", "http://g" }, { "?y", "http://a/b/c/d;p?y" }, { "g?y", "http://a/b/c/g?y" },
		{ "#s", "http://a/b/c/d;p?q#s" }, { "g#s", "http://a/b/c/g#s" }, { ";x", "http://a/b/c/;x" },
		{ ".", "http://a/b/c/" }, { "..", "http://a/b/" }, { "../", "http://a/b/" }, { "../g", "http://a/b/g" },
		{ "../..", "http://a/" }, { "../../g", "http://a/g" }, { "../../../g", "http://a/g" },
		{ "/./g", "http://a/g" },
		{ "/../g", "http://a/g" }, { "g.", "http://a/b/c/g." }, { "..g", "http://a/b/c/..g" },
		{ "./g/.", "http://a/b/c/g/" }, { "g/../h", "http://a/b/c/h" }, { "g?y/../x", "http://a/b/c/g?y/../x" },
	};

	for (size_t i = 0; i < countof(examples); i++) {
		own_buf out = BUF_INIT(4 * HTML_URL_MAX);
		assert_true(html_link(str_of("http://a/b/c/d;p?q"), str_of(examples[i][0]), &out));
		assert_string_equal(out.data, examples[i][1]);
	}
}

TEST(explaining_takes_a_page_or_a_file)
{
	struct error err = {0};
	own_json *input = json_pack("{s:s, s:s}", "html", "<a href=x>y</a>", "url", BASE);
	own_json *result = explain_html(input, &err);
	assert_string_equal(json_member_string(result, "markdown"), "[y](https://e.org/a/x)\n");

	own_json *read = json_pack("{s:s, s:s}", "html", "<meta charset=koi8-r>é", "content_type",
		"text/html; charset=latin1");
	own_json *text = explain_html(read, &err);
	assert_string_equal(json_member_string(text, "markdown"), "é\n");

	own_json *missing = json_pack("{s:s}", "file", "/nowhere/at/all.html");
	assert_null(explain_html(missing, &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	own_json *nothing = json_object();
	assert_null(explain_html(nothing, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_become_markdown),
		cmocka_unit_test(bytes_are_read_in_the_charset_they_are_in),
		cmocka_unit_test(text_that_is_no_html_is_passed_on),
		cmocka_unit_test(what_is_no_text_is_refused_by_name),
		cmocka_unit_test(a_page_over_the_ceiling_is_refused_and_one_under_it_read),
		cmocka_unit_test(pages_that_are_made_to_take_long_end),
		cmocka_unit_test(text_deep_in_a_page_is_not_lost),
		cmocka_unit_test(nothing_outside_the_page_is_read),
		cmocka_unit_test(a_page_cut_anywhere_is_read),
		cmocka_unit_test(pieces_of_pages_in_any_order_are_read),
		cmocka_unit_test(plain_sentences_come_back_as_they_were),
		cmocka_unit_test(links_are_resolved_as_the_standard_shows),
		cmocka_unit_test(explaining_takes_a_page_or_a_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
