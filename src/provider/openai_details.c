#include "provider/openai_details.h"

#include "provider/provider.h"

#define SEAL_MAX ((size_t)8 << 20)

static const char *const texts[] = { "text", "summary" };

static struct str text_of(const json_t *piece)
{
	struct str text = json_member_str(piece, texts[0]);

	return text.n ? text : json_member_str(piece, texts[1]);
}

bool details_hold_text(const json_t *pieces)
{
	const json_t *piece;
	size_t i;

	json_array_foreach(pieces, i, piece)
		if (text_of(piece).n)
			return true;
	return false;
}

/* An encrypted one comes whole; others go on while type and index are the same. */
static bool goes_on(const struct details *d, const json_t *piece)
{
	struct str type = json_member_str(piece, "type");

	return d->open && !str_is(type, "reasoning.encrypted") && str_equal(type, json_member_str(d->open, "type")) &&
		json_equal(json_object_get(d->open, "index"), json_object_get(piece, "index"));
}

/* Members that say something; a signature comes with the last piece. */
static void merge(struct details *d, json_t *piece)
{
	const char *key;
	json_t *value;

	json_object_foreach(piece, key, value)
		if (!json_is_null(value) && strcmp(key, texts[0]) != 0 && strcmp(key, texts[1]) != 0)
			json_object_set(d->open, key, value);
}

static bool add(struct provider_stream *s, struct details *d, json_t *piece, struct error *err)
{
	struct delta thought = { .kind = DELTA_THOUGHT, .text = text_of(piece) };

	if (!json_is_object(piece) || json_member_str(piece, "type").n == 0)
		return true;
	if (!goes_on(d, piece) && !details_close(s, d, err))
		return false;
	if (!d->open)
		d->open = json_object();
	merge(d, piece);
	d->text |= thought.text.n > 0;
	return thought.text.n == 0 || provider_emit(s, &thought, err);
}

bool details_add(struct provider_stream *s, struct details *d, const json_t *pieces, struct error *err)
{
	json_t *piece;
	size_t i;

	json_array_foreach(pieces, i, piece)
		if (!add(s, d, piece, err))
			return false;
	return true;
}

bool details_close(struct provider_stream *s, struct details *d, struct error *err)
{
	own_json *detail = take(d->open);
	own_buf text = BUF_INIT(SEAL_MAX);
	bool redacted = !d->text;

	d->text = false;
	if (!detail)
		return true;
	if (!json_write(&text, detail, err))
		return false;
	return provider_emit(s, &(struct delta){ .kind = DELTA_SEAL, .call = DELTA_NO_CALL, .text = buf_str(&text),
		.id = json_member_str(detail, "id"), .vendor = str_of(provider_stream_provider(s)->name),
		.redacted = redacted }, err);
}

void details_done(struct details *d)
{
	json_decref(d->open);
}
