/*
 * The content of a message is gone through twice: for its text, which is joined
 * and becomes the message's, and where there were pictures for its pieces.
 */
#include <ctype.h>

#include "chat/reader.h"

#define PICTURES_MAX 100                    /* of a conversation, as vendors have it */
#define PICTURE_MAX ((size_t)12 << 20)      /* base64 characters */
#define URL_MAX ((size_t)8 << 10)

/* Kinds of parts that hold text, and the member it is in. */
static const struct {
	const char *type, *member;
} text_parts[] = {
	{ "text", "text" },
	{ "refusal", "refusal" },
};

static const char *text_member(const char *type)
{
	for (size_t i = 0; i < countof(text_parts); i++)
		if (strcmp(type, text_parts[i].type) == 0)
			return text_parts[i].member;
	return NULL;
}

/* ---- pictures ---- */

static bool is_base64(struct str text)
{
	size_t padding = 0;

	while (padding < 2 && padding < text.n && text.p[text.n - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < text.n - padding; i++)
		if (!isalnum((unsigned char)text.p[i]) && text.p[i] != '+' && text.p[i] != '/')
			return false;
	return text.n > 0 && text.n % 4 == 0;
}

/* "data:image/png;base64,…" */
static bool read_data(struct reader *r, const struct reader_path *path, struct str url, struct image *image)
{
	static const struct { struct str start, type; } types[] = {
		{ STR("data:image/png;base64,"), STR("image/png") },
		{ STR("data:image/jpeg;base64,"), STR("image/jpeg") },
		{ STR("data:image/jpg;base64,"), STR("image/jpeg") },
		{ STR("data:image/gif;base64,"), STR("image/gif") },
		{ STR("data:image/webp;base64,"), STR("image/webp") },
	};

	for (size_t i = 0; i < countof(types); i++) {
		if (!str_starts(url, types[i].start))
			continue;
		*image = (struct image){ .type = types[i].type, .data = str_from(url, types[i].start.n) };
		if (image->data.n > PICTURE_MAX)
			return reader_wrong(r, path, ".image_url.url", "is too large");
		return is_base64(image->data) || reader_wrong(r, path, ".image_url.url", "is not valid base64");
	}
	return reader_wrong(r, path, ".image_url.url", "must hold a PNG, JPEG, GIF or WebP in base64");
}

static bool read_link(struct reader *r, const struct reader_path *path, struct str url, struct image *image)
{
	bool ok = str_starts(url, (struct str)STR("https://")) && url.n <= URL_MAX;

	for (size_t i = 0; ok && i < url.n; i++)
		ok = isgraph((unsigned char)url.p[i]) != 0;
	*image = (struct image){ .url = url };
	return ok || reader_wrong(r, path, ".image_url.url", "must be a data: or https URL");
}

/* The object that OpenAI has, or the string that some clients send instead. */
static bool read_image(struct reader *r, const struct reader_path *path, const json_t *part, struct image *image)
{
	struct str url = json_member_str(json_object_get(part, "image_url"), "url");

	if (!url.p)
		url = json_member_str(part, "image_url");
	if (!url.p)
		return reader_wrong(r, path, ".image_url.url", "must be a string");
	if (++r->pictures > PICTURES_MAX)
		return reader_wrong(r, path, ".image_url", "is one picture too many: there may be 100");
	return str_starts(url, (struct str)STR("data:")) ? read_data(r, path, url, image) :
		read_link(r, path, url, image);
}

/* ---- parts ---- */

/* One part of a list, as a piece that points into the JSON; `image` is where its picture goes. */
static bool read_part(struct reader *r, const struct reader_path *path, const json_t *part, enum chat_role role,
	struct piece *piece, struct image *image)
{
	const char *type = json_member_string(part, "type"), *member = type ? text_member(type) : NULL;

	*piece = (struct piece){ .text = STR("") };
	if (member) {
		piece->text = json_member_str(part, member);
		return piece->text.p || reader_wrong(r, path, ".text", "must be a string");
	}
	if (!type || strcmp(type, "image_url"))
		return reader_wrong(r, path, ".type", "only parts of type \"text\" and \"image_url\" are understood");
	if (role != ROLE_USER && role != ROLE_TOOL)
		return reader_wrong(r, path, ".type", "only users and tools show pictures");
	piece->image = image;
	return read_image(r, path, part, image);
}

/* Joins the texts of a list. */
static bool join(struct reader *r, const struct reader_path *message, const json_t *content, enum chat_role role,
	struct buf *text)
{
	bool first = true;
	const json_t *part;
	size_t i;

	json_array_foreach(content, i, part) {
		struct reader_path path = reader_under(message, "content", i);
		struct piece piece;
		struct image image;
		if (!read_part(r, &path, part, role, &piece, &image))
			return false;
		if (piece.image)
			continue;
		if ((!first && !buf_adds(text, "\n", r->err)) || !buf_add_str(text, piece.text, r->err))
			return false;
		first = false;
	}
	return true;
}

/* Of a list that has been joined, so nothing in it is wrong. */
static bool add_pieces(struct reader *r, const json_t *content, struct message *m)
{
	struct reader again = { .chat = r->chat, .err = r->err };
	struct reader_path nowhere = { "" };
	const json_t *part;
	size_t i;

	json_array_foreach(content, i, part) {
		struct piece piece;
		struct image image;
		if (!read_part(&again, &nowhere, part, m->role, &piece, &image) ||
		    !chat_add_piece(r->chat, m, &piece, r->err))
			return false;
	}
	return true;
}

static struct message *read_list(struct reader *r, const struct reader_path *path, const json_t *content,
	enum chat_role role)
{
	own_buf text = BUF_INIT(r->chat->arena.max);
	size_t before = r->pictures;

	if (!join(r, path, content, role, &text))
		return NULL;
	struct message *m = chat_add(r->chat, role, buf_str(&text), r->err);
	return m && (r->pictures == before || add_pieces(r, content, m)) ? m : NULL;
}

struct message *reader_content(struct reader *r, const struct reader_path *path, const json_t *message,
	enum chat_role role)
{
	const json_t *content = json_object_get(message, "content");
	struct str text = json_member_str(message, "content");

	if (json_is_array(content))
		return read_list(r, path, content, role);
	if (!text.p && (role != ROLE_ASSISTANT || (content && !json_is_null(content)))) {
		reader_wrong(r, path, ".content", "must be a string or a list of parts");
		return NULL;
	}
	return chat_add(r->chat, role, text.p ? text : (struct str)STR(""), r->err);
}
