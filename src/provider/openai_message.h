/* One message as Chat Completions writes it.  Internal to provider/. */
#pragma once

#include "provider/openai.h"
#include "provider/writer.h"

struct openai_message_writer {
	struct writer *w;
	const struct target *target;
	const struct openai_quirks *quirks;
	bool in_loop;          /* the message belongs to the user's last question */
	size_t count;          /* written so far */
	bool after_tool;       /* the last one was a tool's */
};

void openai_put_message(struct openai_message_writer *x, const struct message *m);

/* The members of a function that both dialects write alike: "name", "description", "parameters". */
void openai_put_function(struct writer *w, const struct provider *provider, const struct tool *tool);

/* The pictures of a tool's result, as a message of the user's. */
void openai_put_pictures(struct openai_message_writer *x, const struct message *m);

/* {"url" or data URL}, as a JSON string. */
void openai_put_image_url(struct writer *w, const struct image *image);

/* An id of a call as the vendor takes it: the same for the call and its result. */
void openai_put_call_id(struct writer *w, const struct openai_quirks *q, struct str id);
