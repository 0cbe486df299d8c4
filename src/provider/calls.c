#include "provider/calls.h"

#include <stdlib.h>

#include "base/mem.h"
#include "provider/provider.h"

#define NAME_MAX_BYTES ((size_t)4 << 10)   /* of an id or a name */

static const char *who(struct provider_stream *s)
{
	return provider_stream_provider(s)->display_name;
}

/* FNV-1a, for names only. */
static uint64_t fold(uint64_t hash, struct str bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		hash = (hash ^ (unsigned char)bytes.p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

void calls_note_origin(struct calls *c, struct str id)
{
	if (c->origin == 0 && id.n)
		c->origin = fold(UINT64_C(0xcbf29ce484222325), id);
}

/* ---- which call is meant ---- */

/* Some servers give every call the same index, or none: then a name begins another, where the last is whole. */
static bool is_another(const struct call_slot *slot, const struct call_piece *piece)
{
	if (piece->name.n == 0)
		return false;
	if (piece->id.n && slot->id.len)
		return !str_equal(piece->id, buf_str(&slot->id)) && (slot->complete || !slot->given);
	return slot->complete && str_trim(piece->arguments).n > 0;
}

static bool fits(const struct call_slot *slot, const struct call_piece *piece)
{
	if (piece->index != CALLS_NO_INDEX)
		return slot->index == piece->index;
	return piece->id.n == 0 || slot->id.len == 0 || str_equal(piece->id, buf_str(&slot->id));
}

static struct call_slot *find_slot(struct calls *c, const struct call_piece *piece)
{
	for (size_t i = c->count; i-- > 0;) {
		struct call_slot *slot = &c->slots[i];
		if (fits(slot, piece))
			return is_another(slot, piece) ? NULL : slot;
	}
	return NULL;
}

static struct call_slot *add_slot(struct provider_stream *s, struct calls *c, int64_t index, struct error *err)
{
	if (c->count == CALLS_MAX) {
		error_set(err, ERROR_TOO_LARGE, "%s sent more than %d tool calls in one answer", who(s), CALLS_MAX);
		return NULL;
	}
	if (!c->slots)
		c->slots = mem_zeroed(CALLS_MAX, sizeof *c->slots);
	c->slots[c->count] = (struct call_slot){
		.index = index, .id = BUF_INIT(NAME_MAX_BYTES), .name = BUF_INIT(NAME_MAX_BYTES),
		.arguments = BUF_INIT(CALLS_HELD_MAX), .seal = BUF_INIT(CALLS_HELD_MAX),
	};
	return &c->slots[c->count++];
}

/* ---- arguments ---- */

/* Follows strings and brackets, to know when the object is whole. */
static void follow(struct call_slot *slot, struct str json)
{
	for (size_t i = 0; i < json.n && !slot->complete; i++) {
		char ch = json.p[i];
		if (slot->escaped)
			slot->escaped = false;
		else if (slot->quoted && ch == '\\')
			slot->escaped = true;
		else if (ch == '"')
			slot->quoted = !slot->quoted;
		else if (!slot->quoted && (ch == '{' || ch == '['))
			slot->depth++;
		else if (!slot->quoted && (ch == '}' || ch == ']') && slot->depth && --slot->depth == 0)
			slot->complete = true;
	}
}

static bool keep(struct calls *c, struct buf *where, struct str text, struct error *err)
{
	if (c->held + text.n > CALLS_HELD_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the arguments of tool calls are too long");
	c->held += text.n;
	return buf_add_str(where, text, err);
}

/* Ids and names hold as they came first; some servers repeat them, some send them late. */
static bool note(struct calls *c, struct call_slot *slot, const struct call_piece *piece, struct error *err)
{
	if (slot->id.len == 0 && !slot->begun && !buf_add_str(&slot->id, piece->id, err))
		return false;
	if (slot->name.len == 0 && !buf_add_str(&slot->name, piece->name, err))
		return false;
	if (piece->seal.n && !slot->begun && slot->seal.len == 0 && !keep(c, &slot->seal, piece->seal, err))
		return false;
	slot->given |= str_trim(piece->arguments).n > 0;
	follow(slot, piece->arguments);
	return keep(c, &slot->arguments, piece->arguments, err);
}

/* ---- passing on ---- */

static bool make_id(struct calls *c, struct call_slot *slot, struct error *err)
{
	uint64_t hash = fold(fold(c->origin, buf_str(&slot->name)), buf_str(&slot->arguments));

	return buf_addf(&slot->id, err, "call_%016llx%zu", (unsigned long long)hash, c->turn);
}

static bool begin(struct provider_stream *s, struct calls *c, struct call_slot *slot, struct error *err)
{
	struct delta call = { .kind = DELTA_CALL, .call = c->turn,
		.id = buf_str(&slot->id), .name = buf_str(&slot->name) };
	struct delta seal = { .kind = DELTA_SEAL, .call = c->turn, .text = buf_str(&slot->seal),
		.vendor = str_of(provider_stream_provider(s)->name) };

	slot->begun = true;
	return provider_emit(s, &call, err) && (slot->seal.len == 0 || provider_emit(s, &seal, err));
}

static bool give(struct provider_stream *s, struct calls *c, struct str arguments, struct error *err)
{
	return arguments.n == 0 ||
		provider_emit(s, &(struct delta){ .kind = DELTA_ARGUMENTS, .call = c->turn, .text = arguments }, err);
}

/* What waits of the call whose turn it is; `last`: nothing more will come of it. */
static bool advance(struct provider_stream *s, struct calls *c, struct call_slot *slot, bool last, struct error *err)
{
	if (last && slot->name.len == 0)
		return error_set(err, ERROR_UNAVAILABLE, "%s sent a tool call without a name", who(s));
	if (last && slot->id.len == 0 && !make_id(c, slot, err))
		return false;
	if (!slot->begun && (slot->id.len == 0 || slot->name.len == 0))
		return true;
	if ((!slot->begun && !begin(s, c, slot, err)) || !give(s, c, buf_str(&slot->arguments), err))
		return false;
	c->held -= slot->arguments.len;
	buf_clear(&slot->arguments);
	return !last || slot->given || give(s, c, (struct str)STR("{}"), err);
}

static bool pass_on(struct provider_stream *s, struct calls *c, bool all, struct error *err)
{
	while (c->turn < c->count) {
		struct call_slot *slot = &c->slots[c->turn];
		bool last = all || (slot->complete && c->turn + 1 < c->count);
		if (!advance(s, c, slot, last, err))
			return false;
		if (!last)
			return true;
		c->turn++;
	}
	return true;
}

bool calls_add(struct provider_stream *s, struct calls *c, const struct call_piece *piece, struct error *err)
{
	struct call_slot *slot = find_slot(c, piece);

	if (!slot)
		slot = add_slot(s, c, piece->index, err);
	if (!slot)
		return false;
	if ((size_t)(slot - c->slots) < c->turn)
		return str_trim(piece->arguments).n == 0 ||
			error_set(err, ERROR_UNAVAILABLE, "%s sent more of a tool call that was complete", who(s));
	return note(c, slot, piece, err) && pass_on(s, c, false, err);
}

bool calls_has_arguments(const struct calls *c, int64_t index)
{
	for (size_t i = c->count; i-- > 0;)
		if (c->slots[i].index == index)
			return c->slots[i].given;
	return false;
}

bool calls_finish(struct provider_stream *s, struct calls *c, struct error *err)
{
	return pass_on(s, c, true, err);
}

void calls_done(struct calls *c)
{
	for (size_t i = 0; i < c->count; i++) {
		buf_done(&c->slots[i].id);
		buf_done(&c->slots[i].name);
		buf_done(&c->slots[i].arguments);
		buf_done(&c->slots[i].seal);
	}
	free(c->slots);
}
