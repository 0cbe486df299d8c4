#include "support/teacher/turn.h"

#include "base/mem.h"

#define TEXTS_MAX ((size_t)64 << 20)

static void complain(const char *what, const char *value)
{
	char text[200];

	snprintf(text, sizeof text, "fake teacher: %s: %s", what, value);
	mem_panic(text);
}

static int find(const char *what, const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (name && strcmp(names[i], name) == 0)
			return (int)i;
	complain(what, name ? name : "no string");
	return -1;
}

static void check_members(json_t *object, const char *what, const char *const *known, size_t count)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
		(void)find(what, known, count, key);
}

static size_t number_or(const json_t *source, const char *key, size_t otherwise)
{
	const json_t *value = json_object_get(source, key);

	return value ? (size_t)json_integer_value(value) : otherwise;
}

static bool is_false(const json_t *source, const char *key) { return json_is_false(json_object_get(source, key)); }
static bool is_true(const json_t *source, const char *key) { return json_is_true(json_object_get(source, key)); }

/* JSON text of a value, kept with the turn; room was made for it before, so that earlier ones stay where they are. */
static struct str keep_json(struct turn *turn, const json_t *value)
{
	size_t start = turn->texts.len;
	struct error err;

	if (!json_write(&turn->texts, value, &err))
		mem_panic(err.text);
	return (struct str){ turn->texts.data + start, turn->texts.len - start };
}

static void read_part(struct turn *turn, json_t *from)
{
	static const char *const kinds[] = {
		[PART_TEXT] = "text", [PART_THOUGHT] = "thought", [PART_HIDDEN] = "hidden", [PART_CALL] = "call"
	};
	static const char *const known[] = { "text", "thought", "hidden", "call", "seal", "arguments", "id" };
	struct part *part = &turn->parts[turn->part_count++];

	check_members(from, "member of a part", known, countof(known));
	for (size_t i = 0; i < countof(kinds); i++)
		if (json_object_get(from, kinds[i]))
			part->kind = (enum part_kind)i;
	part->text = json_member_str(from, kinds[part->kind]);
	part->seal = json_member_string(from, "seal");
	part->name = json_member_string(from, "call");
	part->id = json_member_string(from, "id");
	if (part->kind != PART_CALL)
		return;
	own_json *none = json_object();
	json_t *arguments = json_object_get(from, "arguments");
	part->arguments = keep_json(turn, arguments ? arguments : none);
	turn->finish = TURN_CALLS;
}

/* Appends so many times the character. */
static void fill(struct buf *buf, char c, size_t n)
{
	char block[4096];
	struct error err;

	memset(block, c, sizeof block);
	for (size_t part; n; n -= part) {
		part = n < sizeof block ? n : sizeof block;
		if (!buf_add(buf, block, part, &err))
			mem_panic(err.text);
	}
}

static void read_words(struct turn *turn)
{
	size_t n = number_or(turn->source, "long", 0), i;
	json_t *part;

	json_array_foreach(json_object_get(turn->source, "parts"), i, part)
		if (i < PARTS_MAX)
			read_part(turn, part);
	if (json_member_string(turn->source, "text"))
		turn->parts[turn->part_count++] = (struct part){ .text = json_member_str(turn->source, "text") };
	if (!n)
		return;
	fill(&turn->texts, 'x', n);
	turn->parts[turn->part_count++] = (struct part){ .text = { turn->texts.data + turn->texts.len - n, n } };
}

static void read_break(struct turn *turn)
{
	static const char *const hows[] = {
		[BREAK_NOT] = "", [BREAK_HANG] = "hang", [BREAK_CUT] = "cut", [BREAK_RESET] = "reset",
		[BREAK_END] = "end", [BREAK_ERROR] = "error", [BREAK_GARBAGE] = "garbage",
	};

	if (json_object_get(turn->source, "how"))
		turn->how = (enum turn_break)find(
			"how", hows, countof(hows), json_member_string(turn->source, "how"));
	turn->after = number_or(turn->source, "after", SIZE_MAX);
	turn->bytes = number_or(turn->source, "bytes", SIZE_MAX);
}

static void read_manners(struct turn *turn)
{
	const json_t *source = turn->source;

	turn->no_usage = is_false(source, "usage");
	turn->no_done = is_false(source, "done");
	turn->status = (int)number_or(source, "status", 0);
	turn->error = json_member_string(source, "error");
	turn->message = json_member_string(source, "message");
	turn->location = json_member_string(source, "location");
	turn->type = json_member_string(source, "type");
	turn->body = json_member_string(source, "body");
	turn->retry_after = (int)number_or(source, "retry_after", (size_t)-1);
	turn->retry_date = (int)number_or(source, "retry_date", (size_t)-1);
	turn->piece = number_or(source, "piece", 0);
	turn->pause_ms = (unsigned)number_or(source, "pause_ms", 0);
	turn->delay_ms = (unsigned)number_or(source, "delay_ms", 0);
	turn->crlf = is_true(source, "crlf");
	turn->pings = is_true(source, "pings");
	turn->gzip = is_true(source, "gzip");
	turn->hold = is_true(source, "hold");
	turn->whole = is_true(source, "whole");
}

void turn_read(struct turn *turn, json_t *source)
{
	static const char *const finishes[] = {
		[TURN_STOP] = "stop", [TURN_LENGTH] = "length", [TURN_CALLS] = "calls", [TURN_REFUSED] = "refused",
		[TURN_BLOCKED] = "blocked",
	};
	static const char *const known[] = { "text", "long", "parts", "finish", "usage", "done", "status", "error",
		"message", "retry_after", "retry_date", "location", "type", "body", "how", "after", "bytes", "piece",
		"pause_ms", "delay_ms", "crlf", "pings", "gzip", "hold",
		"whole", "times" };
	size_t room = json_dumpb(source, NULL, 0, 0) * 2 + number_or(source, "long", 0);

	check_members(source, "member of a turn", known, countof(known));
	*turn = (struct turn){ .source = json_incref(source), .texts = BUF_INIT(TEXTS_MAX) };
	fill(&turn->texts, ' ', room);     /* once, so that nothing moves later */
	buf_clear(&turn->texts);
	read_manners(turn);
	read_break(turn);
	read_words(turn);
	if (json_object_get(source, "finish"))
		turn->finish = (enum turn_finish)find(
			"finish", finishes, countof(finishes), json_member_string(source, "finish"));
}

void turn_done(struct turn *turn)
{
	json_decref(turn->source);
	buf_done(&turn->texts);
}

unsigned turn_times(const json_t *source)
{
	return (unsigned)number_or(source, "times", 1);
}

void turn_say(struct turn *turn, const char *name, const char *question)
{
	if (turn->part_count)
		return;
	size_t start = turn->texts.len;
	buf_putf(&turn->texts, "%s heard: ", name);
	buf_put(&turn->texts, question);
	turn->parts[turn->part_count++] = (struct part){ .text = str_from(buf_str(&turn->texts), start) };
}
