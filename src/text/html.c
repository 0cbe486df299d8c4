#include "text/html.h"

#include <ctype.h>
#include <strings.h>

#include "base/file.h"
#include "base/utf8.h"
#include "text/html_charset.h"
#include "text/html_render.h"
#include "text/html_url.h"

enum sort { SORT_HTML, SORT_TEXT, SORT_BINARY };

/* What a file that is no text begins with, and what to call it. */
static const struct {
	struct str begin;
	const char *name;
} magic[] = {
	{ STR("%PDF-"), "application/pdf" }, { STR("\x89PNG"), "image/png" }, { STR("\xff\xd8\xff"), "image/jpeg" },
	{ STR("GIF8"), "image/gif" }, { STR("PK\x03\x04"), "application/zip" }, { STR("\x1f\x8b"), "application/gzip" },
	{ STR("\x7f" "ELF"), "application/x-executable" }, { STR("BZh"), "application/x-bzip2" },
	{ STR("\xfd" "7zXZ"), "application/x-xz" }, { STR("RIFF"), "audio or video" }, { STR("OggS"), "audio/ogg" },
	{ STR("wOF2"), "font/woff2" }, { STR("wOFF"), "font/woff" },
};

/* Besides text/…, …+json, …+xml and …+yaml. */
static const char *const texts[] = {
	"application/json", "application/xml", "application/javascript", "application/x-javascript",
	"application/ecmascript",
	"application/yaml", "application/x-yaml", "application/toml", "application/x-sh", "application/x-ndjson",
	"application/sql", "application/x-tex", "application/rtf", "application/jsonl", "application/x-python",
};

static bool is_text_type(struct str type)
{
	static const char *const ends[] = { "+json", "+xml", "+yaml" };

	for (size_t i = 0; i < countof(texts); i++)
		if (str_is_like(type, texts[i]))
			return true;
	for (size_t i = 0; i < countof(ends); i++)
		if (type.n > strlen(ends[i]) && str_is_like(str_from(type, type.n - strlen(ends[i])), ends[i]))
			return true;
	return type.n > 5 && str_starts_like(type, "text/");
}

static const char *magic_of(struct str bytes)
{
	for (size_t i = 0; i < countof(magic); i++)
		if (str_starts(bytes, magic[i].begin))
			return magic[i].name;
	return NULL;
}

static bool is_utf16(struct str bytes)
{
	return str_starts(bytes, (struct str)STR("\xff\xfe")) || str_starts(bytes, (struct str)STR("\xfe\xff"));
}

static bool has_tag(struct str bytes)
{
	struct str head = { bytes.p, bytes.n < 1024 ? bytes.n : 1024 };

	if (is_utf16(head))
		return head.n > 4 && (head.p[2] == '<' || head.p[3] == '<');
	head = str_trim(str_from(head, str_starts(head, (struct str)STR("\xef\xbb\xbf")) ? 3 : 0));
	return head.n > 2 && head.p[0] == '<' && (isalpha((unsigned char)head.p[1]) || head.p[1] == '!');
}

/* The type without its parameters. */
static struct str bare_type(const char *content_type)
{
	struct str rest = str_of(content_type ? content_type : ""), type = {0};

	(void)str_split(&rest, ';', &type);
	return str_trim(type);
}

static enum sort sort_of(const struct html_page *page, struct str type)
{
	bool nul = memchr(page->bytes.p, '\0', page->bytes.n < 1024 ? page->bytes.n : 1024) != NULL;
	bool utf16 = is_utf16(page->bytes) || (page->content_type && strcasestr(page->content_type, "utf-16"));

	if (str_is_like(type, "text/html") || str_is_like(type, "application/xhtml+xml"))
		return SORT_HTML;
	if (type.n)
		return is_text_type(type) && (!nul || utf16) ? SORT_TEXT : SORT_BINARY;
	if (nul && !utf16)
		return SORT_BINARY;
	return has_tag(page->bytes) ? SORT_HTML : SORT_TEXT;
}

static bool refuse(struct str type, const char *found, struct error *err)
{
	if (!found && !type.n)
		found = "binary data of no type that is known";
	struct str name = found ? str_of(found) : type;
	return error_set(err, ERROR_INVALID,
		"this is %.*s, not a page or text: download it and read it with a program for it",
		(int)(name.n < 100 ? name.n : 100), name.p);
}

/* <main>, or the only <article>, or all of it. */
static const struct html_node *content_of(const struct html_tree *t)
{
	if (t->main && t->main->holds & HTML_HOLDS_TEXT)
		return t->main;
	if (t->articles == 1 && t->article->holds & HTML_HOLDS_TEXT)
		return t->article;
	return t->root;
}

static void write_title(struct html_render *r, const struct html_node *title, const struct html_node *content)
{
	own_buf text = BUF_INIT(HTML_MARKDOWN_MAX);

	if (!title || content->holds & (1u << HTML_TOP))
		return;
	r->w.failed |= !html_plain(title, &text, &r->w.err);
	html_block(&r->w, 2);
	struct html_margin m = html_enter(&r->w, "# ", "");
	html_text(&r->w, str_trim(buf_str(&text)));
	html_leave(&r->w, m);
	html_block(&r->w, 2);
}

static bool write_page(const struct html_tree *t, const char *url, struct buf *out, struct error *err)
{
	own_buf base = BUF_INIT(4 * HTML_URL_MAX);
	struct html_render r = { .base = str_of(url ? url : "") };
	const struct html_node *content = content_of(t);

	if (t->base && html_link(r.base, str_of(t->base), &base))
		r.base = buf_str(&base);
	html_writer_init(&r.w, out);
	write_title(&r, t->title, content);
	html_render_children(&r, content);
	if (r.w.begun && !r.w.failed)
		r.w.failed = !buf_adds(out, "\n", &r.w.err);
	return html_writer_done(&r.w, err) || error_prefix(err, "this page as Markdown");
}

bool html_to_markdown(const struct html_page *page, struct buf *out, struct error *err)
{
	own_buf text = BUF_INIT(3 * HTML_MAX), markdown = BUF_INIT(HTML_MARKDOWN_MAX);
	struct str type = bare_type(page->content_type);
	const char *found = magic_of(page->bytes);

	if (page->bytes.n > HTML_MAX)
		return error_set(err, ERROR_TOO_LARGE, "a page of %zu bytes: at most %zu MB are read", page->bytes.n,
			HTML_MAX >> 20);
	enum sort sort = sort_of(page, type);
	if (sort == SORT_BINARY || found)
		return refuse(type, found, err);
	if (!html_decode(page->bytes, page->content_type, sort == SORT_HTML, &text, err))
		return false;
	if (sort == SORT_TEXT)
		return buf_add_str(out, buf_str(&text), err);
	owns(html_tree_done) struct html_tree tree = {0};
	return html_tree_parse(&tree, buf_str(&text), err) && write_page(&tree, page->url, &markdown, err) &&
		buf_add_str(out, buf_str(&markdown), err);
}

/* The type of a page in JSON, whose bytes are UTF-8 whatever the type says of them. */
static bool decoded_type(const char *type, struct buf *out, struct error *err)
{
	struct str bare = bare_type(type ? type : "text/html");

	return buf_add_str(out, bare, err) && buf_adds(out, "; charset=utf-8", err);
}

static const char *type_by_name(const char *file)
{
	const char *dot = strrchr(file, '.');

	if (!dot)
		return NULL;
	bool html = strcasecmp(dot, ".html") == 0 || strcasecmp(dot, ".htm") == 0 || strcasecmp(dot, ".xhtml") == 0;
	return html ? "text/html" : NULL;
}

json_t *explain_html(const json_t *input, struct error *err)
{
	const char *file = json_member_string(input, "file"), *type = json_member_string(input, "content_type");
	struct html_page page = { json_member_str(input, "html"), json_member_string(input, "url"), type };
	own_buf markdown = BUF_INIT(HTML_MARKDOWN_MAX), decoded = BUF_INIT(1024);
	own_mem char *bytes = NULL;

	if (file) {
		size_t n;
		bytes = file_read(file, HTML_MAX, &n, err);
		if (!bytes)
			return NULL;
		page.bytes = (struct str){ bytes, n };
		page.content_type = type ? type : type_by_name(file);
	} else if (!page.bytes.p) {
		return error_set(err, ERROR_INVALID, "html or file: must be a string"), NULL;
	} else {
		if (!decoded_type(type, &decoded, err))
			return NULL;
		page.content_type = decoded.data;
	}
	if (!html_to_markdown(&page, &markdown, err))
		return NULL;
	return json_pack("{so}", "markdown", json_stringn(markdown.data, markdown.len));
}
