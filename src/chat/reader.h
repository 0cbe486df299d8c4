/* Shared by the files that read a conversation (chat/messages.h).  Internal to chat/. */
#pragma once

#include "chat/messages.h"

struct reader {
	struct chat *chat;
	struct chat_place *place;
	struct error *err;
	size_t pictures;       /* so far */
};

/* The path of a value being read, at longest "messages[N].reasoning_details[N]". */
struct reader_path {
	char text[88];
};

struct reader_path reader_under(const struct reader_path *parent, const char *list, size_t index);

/* Says that `field` of the value at `path` is not as it must be.  False. */
bool reader_wrong(struct reader *r, const struct reader_path *path, const char *field, const char *what);

/* Copies into the chat. */
bool reader_keep(struct reader *r, struct str text, struct str *kept) must_use;

/* Adds a message with its `content`; NULL when that is wrong. */
struct message *reader_content(struct reader *r, const struct reader_path *path, const json_t *message,
	enum chat_role role) must_use;

/* Adds what an assistant's message says about thoughts. */
bool reader_thoughts(struct reader *r, const struct reader_path *path, const json_t *message,
	struct message *m) must_use;

/* The seal a call carries; empty: none.  Valid as long as the JSON. */
struct seal reader_call_seal(const json_t *call);
