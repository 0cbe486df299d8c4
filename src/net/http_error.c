#include "net/http_error.h"

#include <string.h>

#define CHECK_ADDRESS ": check its address and port"

static const struct row {
	CURLcode code;
	enum error_kind kind;
	const char *before, *after;   /* the host's name */
	bool detail;                  /* libcurl's words add what we cannot know */
} rows[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, ERROR_UNAVAILABLE, "no address is known for ",
		": check its name and the network" },
	{ CURLE_COULDNT_RESOLVE_PROXY, ERROR_UNAVAILABLE, "no address is known for the proxy to ",
		": check http_proxy and https_proxy" },
	{ CURLE_PEER_FAILED_VERIFICATION, ERROR_DENIED, "the certificate of ", " cannot be trusted", true },
	{ CURLE_SSL_CACERT_BADFILE, ERROR_DENIED, "the certificate of ", " cannot be checked: install ca-certificates",
		true },
	{ CURLE_SSL_CONNECT_ERROR, ERROR_UNAVAILABLE, "no TLS connection to ", CHECK_ADDRESS, true },
	{ CURLE_UNSUPPORTED_PROTOCOL, ERROR_UNAVAILABLE, "no HTTP from ", CHECK_ADDRESS },
	{ CURLE_WEIRD_SERVER_REPLY, ERROR_UNAVAILABLE, "no HTTP from ", CHECK_ADDRESS },
	{ CURLE_OUT_OF_MEMORY, ERROR_TOO_LARGE, "the answer from ", " has a header without end" }, /* over 100 KB */
	{ CURLE_GOT_NOTHING, ERROR_UNAVAILABLE, "no answer from ", ": it closed the connection" },
};

static bool refused(const struct http_failure *f, struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE, "cannot connect to %s%s%s (is it running, and reachable from here?)",
		f->host, f->os_error ? ": " : "", f->os_error ? strerror((int)f->os_error) : "");
}

static bool cut(const struct http_failure *f, struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE, "the connection to %s was cut %s", f->host,
		f->begun ? "in the middle of the answer" : "before an answer came");
}

static bool not_let_through(const struct http_failure *f, struct error *err)
{
	return error_set(err, f->proxy == 407 ? ERROR_DENIED : ERROR_UNAVAILABLE,
		"the proxy to %s %s (%ld): check http_proxy and https_proxy", f->host,
		f->proxy == 407 ? "wants a name and password" : "does not connect", f->proxy);
}

bool http_failure_explain(const struct http_failure *f, struct error *err)
{
	if (f->proxy >= 300)
		return not_let_through(f, err);
	switch (f->code) {
	case CURLE_COULDNT_CONNECT:
		return refused(f, err);
	case CURLE_SEND_ERROR: case CURLE_RECV_ERROR: case CURLE_PARTIAL_FILE: case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return cut(f, err);
	default:
		break;
	}
	for (const struct row *row = rows; row < rows + countof(rows); row++) {
		bool detail = row->detail && f->detail[0];
		if (row->code == f->code)
			return error_set(err, row->kind, "%s%s%s%s%s%s", row->before, f->host, row->after,
				detail ? " (" : "", detail ? f->detail : "", detail ? ")" : "");
	}
	return error_set(err, ERROR_INTERNAL, "the request to %s failed: %s", f->host, f->detail);
}
