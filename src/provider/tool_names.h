/*
 * Names of tools, as a vendor takes them.
 *
 * Clients call tools what they like ("files.read", a name of MCP's of any length, one in Hebrew);
 * vendors refuse a whole request for a name outside their pattern.  So a name that does not fit goes out
 * under another: what is not allowed in it becomes '_', what is too long is cut, and where two would
 * then be called alike each gets digits of its digest.  Names that fit are never touched.  What a
 * name becomes depends on the names of the request alone, not on their order, so that a conversation
 * keeps its beginning from turn to turn.
 *
 * Pure; what was made may be read by any thread.
 */
#pragma once

#include "chat/request.h"

/* What a vendor takes: ASCII letters and digits, and: */
struct tool_name_rule {
	size_t most;               /* so many bytes */
	const char *signs;         /* these as well */
	bool letter_first;         /* but a letter or '_' at the beginning */
};

struct tool_names;

/*
 * The other names of a request's tools, and of the calls in its history.  *out is NULL where all fit.
 * False (ERROR_TOO_LARGE) when there are too many; tool_names_destroy() the rest.
 */
bool tool_names_make(const struct tool_name_rule *rule, const struct request *request, struct tool_names **out,
	struct error *err) must_use;
void tool_names_destroy(struct tool_names *n);
static inline void tool_names_release(struct tool_names **n) { tool_names_destroy(*n); }
#define own_tool_names owns(tool_names_release) struct tool_names

/* The request with the vendor's names in it; valid as long as both. */
const struct request *tool_names_request(const struct tool_names *n);

/* What the client calls a tool that the vendor calls so; the name itself where it knows no other. */
struct str tool_names_given(const struct tool_names *n, struct str wire);
