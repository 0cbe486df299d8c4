#include "chat/request.h"

bool request_make_brief(struct request *r, struct error *err)
{
	struct chat *c = &r->chat;

	if (!r->brief.message_count)
		return true;
	if (!c->message_count || c->messages[0].role != ROLE_SYSTEM)
		return error_set(err, ERROR_INVALID, "shammah.brief needs a system message, which it takes the place "
			"of");
	c->messages[0] = r->brief.messages[0];
	c->tools = r->brief.tools;
	c->tool_count = r->brief.tool_count;
	c->tool_cap = r->brief.tool_cap;
	return true;
}
