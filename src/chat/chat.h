/*
 * The one vocabulary that all dialects are translated to: messages, tools, and
 * what a client may ask of whoever answers.
 *
 * Everything hangs in the chat's arena and lives as long as it; strings given
 * to the adders are copied.  Data only: no I/O, no threads.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum chat_role { ROLE_SYSTEM, ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL };

/*
 * What a vendor wants back, unchanged, with a thought or a call of its model's: a signature,
 * or the thought itself, encrypted.  It means nothing to anybody else and goes to nobody else.
 */
struct seal {
	struct str vendor;     /* "claude", …: the provider that it came from; empty: there is no seal */
	struct str text;
};

struct tool_call {
	struct str id;         /* unique in the conversation */
	struct str name;
	struct str arguments;  /* JSON text of one object */
	struct seal seal;
};

/* A piece of what a model thought, as its vendor sealed it. */
struct thought {
	struct str text;       /* empty where the vendor shows none */
	struct str id;         /* as the vendor names it, where it does */
	struct seal seal;
	bool redacted;         /* there is no text but in the seal */
	size_t after_text;     /* it came after so many bytes of its message's text, */
	size_t after_calls;    /* and after so many of its calls */
};

/* A picture: its bytes, or where it lies. */
struct image {
	struct str type;       /* "image/png", …, of data */
	struct str data;       /* base64; empty: `url` holds */
	struct str url;        /* http or https */
};

/* Of a message that holds more than text: its texts and pictures, in the order they were written. */
struct piece {
	struct str text;
	const struct image *image;     /* NULL: text */
};

struct message {
	enum chat_role role;
	struct str text;       /* UTF-8; may be empty; of a message in pieces, its texts joined by line ends */
	struct piece *pieces;  /* of a user's or tool's message with pictures */
	size_t piece_count;    /* 0: the text is all */
	struct str thoughts;   /* of an assistant message: what was thought before it, where the client kept that */
	struct thought *sealed;    /* of an assistant message: the same as the vendor wants it back */
	size_t sealed_count;
	struct tool_call *calls;   /* of an assistant message */
	size_t call_count;
	struct str call_id;    /* of a tool message: the call it answers */
	bool failed;           /* of a tool message: the call failed, and the text says how */
};

struct tool {
	struct str name;
	struct str description;
	struct str schema;     /* JSON text: the parameters' JSON Schema */
	bool strict;           /* its arguments must satisfy the schema, whatever it holds */
	struct str definition; /* JSON text: {"type":"function","function":{…}} as OpenAI writes it, key order kept */
};

struct chat {
	struct arena arena;
	struct message *messages;
	size_t message_count, message_cap;
	struct tool *tools;
	size_t tool_count, tool_cap;
	bool no_thoughts;      /* asks for the answer without thinking first, where the model has the choice */
};

#define CHAT_INIT(limit) { .arena = ARENA_INIT(limit) }

void chat_done(struct chat *c);
#define own_chat owns(chat_done) struct chat

const char *chat_role_name(enum chat_role role);              /* "system", … */
bool chat_role_find(struct str name, enum chat_role *role);   /* "developer" is system */

/* The new message, to which calls may be added; NULL past the arena's ceiling. */
struct message *chat_add(struct chat *c, enum chat_role role, struct str text, struct error *err) must_use;
bool chat_add_call(struct chat *c, struct message *m, const struct tool_call *call, struct error *err) must_use;
bool chat_seal_call(struct chat *c, struct tool_call *call, struct seal seal, struct error *err) must_use;
bool chat_add_thought(struct chat *c, struct message *m, const struct thought *thought, struct error *err) must_use;
bool chat_add_piece(struct chat *c, struct message *m, const struct piece *piece, struct error *err) must_use;
bool chat_add_tool(struct chat *c, const struct tool *tool, struct error *err) must_use;

/* Whether some message holds a picture: not every model has eyes. */
bool chat_has_pictures(const struct chat *c);

/* The last message if the user wrote it, else NULL. */
const struct message *chat_question(const struct chat *c);
