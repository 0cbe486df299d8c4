/* A web of one scripted server on the loopback, which tools may ask because a test says so. */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>

#include "searching.h"
#include "support/scripted_server.h"
#include "tool/web.h"

static inline void judge_nothing(struct str url, struct url_judgement *j)
{
	(void)url;
	*j = (struct url_judgement){ .verdict = VERDICT_CONFIRM, .why = "a test", .host = "127.0.0.1" };
}

static inline const char *connect_to_all(void *user, const struct sockaddr *address)
{
	(void)user, (void)address;
	return NULL;
}

static const struct web_rules test_rules = { .judge = judge_nothing, .may_connect = connect_to_all, .plain = true };

static inline void stop_server(struct scripted_server **server) { scripted_server_stop(*server); }
#define own_server owns(stop_server) struct scripted_server
#define NO_ROBOTS { .status = 404 }
#define HTML "Content-Type: text/html; charset=utf-8\r\n"
#define PLAIN "Content-Type: text/plain\r\n"

/* A project whose web is the server. */
static inline void web_init(struct project *p)
{
	project_init(p);
	p->context.web->rules = &test_rules;
}

static inline char *fetch_url(struct project *p, const char *url)
{
	own_mem char *arguments = mem_printf("{\"url\":\"%s\",\"prompt\":\"what is it?\"}", url);

	return call(p, "WebFetch", arguments);
}

static inline char *fetch_path(struct project *p, struct scripted_server *server, const char *path)
{
	return fetch_url(p, scripted_server_url(server, path));
}

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s\n(expected %s)", text, part);
}
