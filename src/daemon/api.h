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
