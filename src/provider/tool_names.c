#include "provider/tool_names.h"

#include <ctype.h>

#include "base/mem.h"
#include "base/sha.h"

#define ROUNDS 4               /* of digests, until no two are alike: the first does, unless somebody aims at it */
#define DIGITS 10              /* of a digest in a name */
#define MEMORY_MAX ((size_t)64 << 20)

struct pair {
	struct str given, wire;
	bool fits;             /* as it is */
	bool clashes;          /* with another's, in the last round */
};

struct tool_names {
	struct arena arena;
	struct pair *pairs;    /* by `given`, none twice */
	struct pair **by_wire;
	size_t count;
	struct request request;
};

/* --- one name ------------------------------------------------------------------------------ */

static bool allows(const struct tool_name_rule *rule, char c)
{
	return (c > 0 && isalnum((unsigned char)c)) || (c && strchr(rule->signs, c));
}

static bool begins(const struct tool_name_rule *rule, struct str name)
{
	return name.n && (!rule->letter_first || isalpha((unsigned char)*name.p) || *name.p == '_');
}

static bool fits(const struct tool_name_rule *rule, struct str name)
{
	bool ok = name.n <= rule->most && begins(rule, name);

	for (size_t i = 0; ok && i < name.n; i++)
		ok = allows(rule, name.p[i]);
	return ok;
}

/* A character that is not allowed becomes one '_', however many bytes it has. */
static size_t make_legal(const struct tool_name_rule *rule, struct str name, char *out, size_t most)
{
	size_t n = 0, i = 0;

	if (!begins(rule, name)) {
		out[n++] = '_';
		i = name.n && !isdigit((unsigned char)*name.p);    /* a digit may follow it, a sign is made it */
	}
	for (; i < name.n && n < most; i++) {
		if (allows(rule, name.p[i]))
			out[n++] = name.p[i];
		else if (((unsigned char)name.p[i] & 0xc0) != 0x80)
			out[n++] = '_';
	}
	return n;
}

/* Round 0: as it is made legal; then with a digest of what it was. */
static bool make_wire(struct tool_names *n, const struct tool_name_rule *rule, struct pair *p, unsigned round)
{
	size_t most = round ? rule->most - DIGITS - 1 : rule->most;
	char *wire = arena_alloc(&n->arena, rule->most + 1), hex[SHA_HEX_MAX + 1];

	if (!wire)
		return false;
	size_t length = make_legal(rule, p->given, wire, most);
	if (round) {
		struct sha sha;
		sha_init(&sha, SHA_256);
		sha_feed(&sha, p->given);
		sha_feed(&sha, (struct str){ (const char[]){ (char)round }, 1 });
		sha_hex(&sha, hex);
		wire[length++] = '_';
		memcpy(wire + length, hex, DIGITS);
		length += DIGITS;
	}
	p->wire = (struct str){ wire, length };
	return true;
}

/* --- all of a request ------------------------------------------------------------------------- */

static int compare(struct str a, struct str b)
{
	int order = memcmp(a.p ? a.p : "", b.p ? b.p : "", a.n < b.n ? a.n : b.n);

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int by_given(const void *a, const void *b)
{
	return compare(((const struct pair *)a)->given, ((const struct pair *)b)->given);
}

static int by_wire(const void *a, const void *b)
{
	return compare((*(struct pair *const *)a)->wire, (*(struct pair *const *)b)->wire);
}

static size_t count_names(const struct chat *c)
{
	size_t count = c->tool_count;

	for (size_t i = 0; i < c->message_count; i++)
		count += c->messages[i].call_count;
	return count;
}

/* Each name once, in order. */
static bool gather(struct tool_names *n, const struct tool_name_rule *rule, const struct chat *c)
{
	struct pair *pairs = arena_alloc(&n->arena, (count_names(c) + 1) * sizeof *pairs);
	size_t count = 0, kept = 0;

	if (!pairs)
		return false;
	for (size_t i = 0; i < c->tool_count; i++)
		pairs[count++] = (struct pair){ .given = c->tools[i].name };
	for (size_t i = 0; i < c->message_count; i++)
		for (size_t k = 0; k < c->messages[i].call_count; k++)
			pairs[count++] = (struct pair){ .given = c->messages[i].calls[k].name };
	qsort(pairs, count, sizeof *pairs, by_given);
	for (size_t i = 0; i < count; i++)
		if (!kept || !str_equal(pairs[kept - 1].given, pairs[i].given))
			pairs[kept++] = pairs[i];
	for (size_t i = 0; i < kept; i++) {
		pairs[i].fits = fits(rule, pairs[i].given);
		pairs[i].wire = pairs[i].given;
		pairs[i].clashes = !pairs[i].fits;     /* needs another, at first each that does not fit */
	}
	n->pairs = pairs;
	n->count = kept;
	return true;
}

/* Marks those that must change, of any that are called alike; false when there are none. */
static bool find_clashes(struct tool_names *n)
{
	bool any = false;

	qsort(n->by_wire, n->count, sizeof *n->by_wire, by_wire);
	for (size_t i = 0; i < n->count; i++)
		n->by_wire[i]->clashes = false;
	for (size_t i = 1; i < n->count; i++) {
		struct pair *a = n->by_wire[i - 1], *b = n->by_wire[i];
		if (!str_equal(a->wire, b->wire))
			continue;
		a->clashes |= !a->fits;
		b->clashes |= !b->fits;
		any = true;
	}
	return any;
}

static bool name_all(struct tool_names *n, const struct tool_name_rule *rule)
{
	bool again = true;

	n->by_wire = arena_alloc(&n->arena, (n->count + 1) * sizeof *n->by_wire);
	if (!n->by_wire)
		return false;
	for (size_t i = 0; i < n->count; i++)
		n->by_wire[i] = &n->pairs[i];
	for (unsigned round = 0; again && round <= ROUNDS; round++) {
		for (size_t i = 0; i < n->count; i++)
			if (n->pairs[i].clashes && !make_wire(n, rule, &n->pairs[i], round))
				return false;
		again = find_clashes(n);
	}
	return !again;
}

/* --- the request with them -------------------------------------------------------------------------- */

static struct str wire_of(const struct tool_names *n, struct str given)
{
	const struct pair key = { .given = given };
	const struct pair *p = bsearch(&key, n->pairs, n->count, sizeof *n->pairs, by_given);

	return p ? p->wire : given;
}

static bool rename_calls(struct tool_names *n, struct message *m)
{
	struct tool_call *calls = m->call_count ? arena_alloc(&n->arena, m->call_count * sizeof *calls) : NULL;

	if (!m->call_count)
		return true;
	if (!calls)
		return false;
	for (size_t i = 0; i < m->call_count; i++) {
		calls[i] = m->calls[i];
		calls[i].name = wire_of(n, calls[i].name);
	}
	m->calls = calls;
	return true;
}

static bool rename_all(struct tool_names *n, const struct request *request)
{
	struct chat *c = &n->request.chat;

	n->request = *request;
	c->tools = arena_alloc(&n->arena, (c->tool_count + 1) * sizeof *c->tools);
	c->messages = arena_alloc(&n->arena, (c->message_count + 1) * sizeof *c->messages);
	bool ok = c->tools && c->messages;
	for (size_t i = 0; ok && i < c->tool_count; i++) {
		c->tools[i] = request->chat.tools[i];
		c->tools[i].name = wire_of(n, c->tools[i].name);
	}
	for (size_t i = 0; ok && i < c->message_count; i++) {
		c->messages[i] = request->chat.messages[i];
		ok = rename_calls(n, &c->messages[i]);
	}
	if (request->tool_choice == TOOLS_NAMED)
		n->request.named_tool = wire_of(n, request->named_tool);
	return ok;
}

/* --- from outside -------------------------------------------------------------------------------------- */

static bool all_fit(const struct tool_name_rule *rule, const struct chat *c)
{
	bool ok = true;

	for (size_t i = 0; ok && i < c->tool_count; i++)
		ok = fits(rule, c->tools[i].name);
	for (size_t i = 0; ok && i < c->message_count; i++)
		for (size_t k = 0; ok && k < c->messages[i].call_count; k++)
			ok = fits(rule, c->messages[i].calls[k].name);
	return ok;
}

bool tool_names_make(const struct tool_name_rule *rule, const struct request *request, struct tool_names **out,
	struct error *err)
{
	*out = NULL;
	if (!rule || all_fit(rule, &request->chat))
		return true;
	struct tool_names *n = mem_zeroed(1, sizeof *n);
	n->arena = (struct arena)ARENA_INIT(MEMORY_MAX);
	*out = n;
	return (gather(n, rule, &request->chat) && name_all(n, rule) && rename_all(n, request)) ||
		error_set(err, ERROR_TOO_LARGE, "there are too many names of tools that must be changed to be taken");
}

void tool_names_destroy(struct tool_names *n)
{
	if (!n)
		return;
	arena_done(&n->arena);
	free(n);
}

const struct request *tool_names_request(const struct tool_names *n) { return &n->request; }

struct str tool_names_given(const struct tool_names *n, struct str wire)
{
	struct pair key = { .wire = wire }, *address = &key;
	struct pair *const *p = bsearch(&address, n->by_wire, n->count, sizeof *n->by_wire, by_wire);

	return p ? (*p)->given : wire;
}
