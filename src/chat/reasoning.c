#include "chat/reasoning.h"

#include "chat/reader.h"

#define DETAILS_MAX 1000     /* of a message */

static const struct {
	const char *vendor, *format;
} formats[] = {
	{ "claude", "anthropic-claude-v1" },
	{ "gemini", "google-gemini-v1" },
	{ "openai", "openai-responses-v1" },
};

/* Those not listed keep their name. */
static struct str format_of(struct str vendor)
{
	for (size_t i = 0; i < countof(formats); i++)
		if (str_is(vendor, formats[i].vendor))
			return str_of(formats[i].format);
	return vendor;
}

static struct str vendor_of(struct str format)
{
	for (size_t i = 0; i < countof(formats); i++)
		if (format.p && str_is(format, formats[i].format))
			return str_of(formats[i].vendor);
	return format;
}

static bool write_member(struct buf *out, const char *key, struct str value, struct error *err)
{
	return buf_addf(out, err, ",\"%s\":", key) && json_write_string(out, value, err);
}

static bool write_place(struct buf *out, const char *key, size_t value, struct error *err)
{
	return !value || buf_addf(out, err, ",\"%s\":%zu", key, value);
}

bool reasoning_write(struct buf *out, const struct thought *t, size_t index, struct error *err)
{
	bool ok = buf_addf(out, err, "{\"type\":\"reasoning.%s\"", t->redacted ? "encrypted" : "text") &&
		(t->redacted || write_member(out, "text", t->text, err)) &&
		write_member(out, t->redacted ? "data" : "signature", t->seal.text, err);

	return ok && (!t->id.n || write_member(out, "id", t->id, err)) &&
		write_member(out, "format", format_of(t->seal.vendor), err) &&
		write_place(out, "after_text", t->after_text, err) &&
		write_place(out, "after_calls", t->after_calls, err) &&
		buf_addf(out, err, ",\"index\":%zu}", index);
}

json_t *reasoning_call_seal(struct seal seal)
{
	json_t *object = json_pack("{s:{s:o}}", "google", "thought_signature", json_stringn(seal.text.p, seal.text.n));

	if (object && !str_is(seal.vendor, "gemini"))
		json_object_set_new(object, "vendor", json_stringn(seal.vendor.p, seal.vendor.n));
	return object;
}

/* ---- reading ---- */

struct seal reader_call_seal(const json_t *call)
{
	const json_t *extra = json_object_get(call, "extra_content");
	struct str text = json_member_str(json_object_get(extra, "google"), "thought_signature");
	struct str vendor = json_member_str(extra, "vendor");

	if (!text.n)
		return (struct seal){ STR(""), STR("") };
	return (struct seal){ vendor.n ? vendor : (struct str)STR("gemini"), text };
}

static struct str text_or_nothing(const json_t *object, const char *key)
{
	struct str text = json_member_str(object, key);

	return text.p ? text : (struct str)STR("");
}

static size_t read_place(const json_t *detail, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(detail, key));

	return value > 0 ? (size_t)value : 0;
}

/* False for kinds that are not known, and for those that nobody has sealed. */
static bool read_detail(const json_t *detail, struct thought *t)
{
	const char *type = json_member_string(detail, "type");
	bool encrypted = type && strcmp(type, "reasoning.encrypted") == 0;

	if (!encrypted && (!type || strcmp(type, "reasoning.text")))
		return false;
	*t = (struct thought){
		.text = text_or_nothing(detail, "text"), .id = text_or_nothing(detail, "id"),
		.seal = { vendor_of(text_or_nothing(detail, "format")),
			text_or_nothing(detail, encrypted ? "data" : "signature") },
		.redacted = encrypted,
		.after_text = read_place(detail, "after_text"), .after_calls = read_place(detail, "after_calls"),
	};
	return t->seal.text.n && t->seal.vendor.n;
}

static bool read_details(struct reader *r, const struct reader_path *path, const json_t *details, struct message *m)
{
	const json_t *detail;
	struct thought thought;
	size_t i;

	if (!details || json_is_null(details))
		return true;
	if (!json_is_array(details) || json_array_size(details) > DETAILS_MAX)
		return reader_wrong(r, path, ".reasoning_details", "must be a list of at most 1000");
	json_array_foreach(details, i, detail)
		if (read_detail(detail, &thought) && !chat_add_thought(r->chat, m, &thought, r->err))
			return false;
	return true;
}

/* Clients that keep thoughts send them back under the name they came in. */
static bool read_text(struct reader *r, const struct reader_path *path, const json_t *message, const char *name,
	const char *field, struct message *m)
{
	const json_t *thoughts = json_object_get(message, name);
	struct str text = json_member_str(message, name);

	if (!thoughts || json_is_null(thoughts))
		return true;
	return text.p ? reader_keep(r, text, &m->thoughts) : reader_wrong(r, path, field, "must be a string");
}

bool reader_thoughts(struct reader *r, const struct reader_path *path, const json_t *message, struct message *m)
{
	return m->role != ROLE_ASSISTANT ||
		(read_text(r, path, message, "reasoning", ".reasoning", m) &&
		read_text(r, path, message, "reasoning_content", ".reasoning_content", m) &&
		read_details(r, path, json_object_get(message, "reasoning_details"), m));
}
