/* The first bytes of a file, and a whole notebook: what is guessed holds, what is shown is clean. */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "tool/encoding.h"
#include "tool/file_kind.h"
#include "tool/json_spans.h"
#include "tool/notebook.h"
#include "tool/text_view.h"

#define SHOWN_MAX ((size_t)1 << 16)

static void show(struct str text)
{
	own_buf out = BUF_INIT(SHOWN_MAX);
	struct text_view v;

	view_init(&v, 1, 100, SHOWN_MAX, &out);
	while (text.n) {
		size_t n = text.n < 7 ? text.n : 7;
		view_feed(&v, (struct str){ text.p, n });
		text = str_from(text, n);
	}
	view_end(&v);
	view_done(&v);
	assert(utf8_valid(out.data, out.len) && !memchr(out.data, '\0', out.len));
}

/* All but the text of a lone surrogate or a half comes back as it was. */
static void go_and_return(struct encoding found, struct str bytes)
{
	own_buf text = BUF_INIT(SHOWN_MAX * 4), back = BUF_INIT(SHOWN_MAX * 4);
	struct error err = {0};
	struct str rest = bytes;

	if (found.kind == ENCODING_BINARY || bytes.n > SHOWN_MAX)
		return;
	assert(encoding_decode(found.kind, &rest, true, &text, &err) && rest.n == 0);
	assert(encoding_encode(found.kind, buf_str(&text), &back, &err));
	assert(found.kind == ENCODING_UTF16LE || found.kind == ENCODING_UTF16BE ||
		str_equal(bytes, buf_str(&back)));
	show(buf_str(&text));
}

/* A span that is found is that value's; in names with escapes none is. */
static void check_spans(struct str text, json_t *object)
{
	struct error err = {0};
	const char *name;
	json_t *value;

	while (text.n && strchr(" \t\r\n", text.p[0]))
		text = str_from(text, 1);
	json_object_foreach(object, name, value) {
		struct str span = json_span_member(text, name);
		own_json *found = span.p ? json_parse(span, "span", &err) : NULL;
		assert(!span.p || (found && json_equal(found, value)));
		if (json_is_object(value) && span.p)
			check_spans(span, value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data, size };
	struct file_kind kind = {0};
	own_buf out = BUF_INIT(SHOWN_MAX);
	struct error err = {0};

	if (file_kind_find(bytes, &kind))
		assert(kind.what);
	struct encoding found = encoding_guess(bytes, true);
	go_and_return(found, str_from(bytes, found.mark));
	own_json *notebook = json_parse_object(bytes, "notebook", &err);
	if (notebook)
		check_spans(bytes, notebook);
	if (notebook)
		(void)!notebook_write(notebook, &out, &err);
	return 0;
}
