/* What the handlers share. */
#pragma once

#include "base/json.h"
#include "daemon/service.h"

/* Answers 200 with the value, which is taken over. */
void api_send(struct reply *r, json_t *value);

/*
 * The body's JSON object, when the request carries this daemon's token; else NULL,
 * and the reply has been refused.  The caller owns it.
 */
json_t *api_own_body(const struct service *s, const struct http_request_in *in, struct reply *r);

/*
 * The teachers that a request may be asked of: those that its client brought and names, else the
 * daemon's own; a reference.  NULL when it names what is not here, and the reply has been refused.
 */
struct teacher_list *api_teachers(const struct service *s, const struct http_request_in *in, struct reply *r);
