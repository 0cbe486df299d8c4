/*
 * One request and its answer on a client's handles; a call of net/http.h is one
 * or, with redirects, several of them.  Internal to net/.
 */
#pragma once

#include <stdint.h>

#include "net/curl_library.h"
#include "net/http.h"
#include "net/origin.h"

struct http_client {
	const struct curl_library *curl;
	CURLM *multi;
	CURL *easy;
};

enum phase { CONNECTING, WAITING, RECEIVING, ENOUGH };

struct transfer {
	struct http_client *client;
	const struct http_call *call;
	const char *url;
	struct origin origin;
	const struct curl_slist *headers;
	uint64_t deadline;     /* clock_ms(); 0: none */
	struct error *err;
	/* How far it is, in transfer.c's care. */
	enum phase phase;
	uint64_t alive;        /* clock_ms() of the last sign of life */
	size_t head_bytes, body_bytes;
	bool head_done;
	bool redirected;       /* the answer is a redirect that the call wants followed; on_head has not been called */
	bool whole;            /* the answer's end came; otherwise its connection is of no more use */
	bool stopped;          /* by a callback, which filled err */
	char detail[CURL_ERROR_SIZE];
};

/* Runs a transfer whose first seven members are filled and the rest zero.  False with its err. */
bool transfer_run(struct transfer *t) must_use;
