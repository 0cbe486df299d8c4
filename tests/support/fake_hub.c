#include "support/fake_hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sha.h"

void fake_hash(const struct fake_file *file, char hex[65])
{
	struct sha sha;

	sha_init(&sha, file->large ? SHA_256 : SHA_1);
	if (!file->large) {
		own_mem char *head = mem_printf("blob %zu", strlen(file->text));
		sha_feed(&sha, (struct str){ head, strlen(head) + 1 });
	}
	sha_feed(&sha, str_of(file->text));
	sha_hex(&sha, hex);
}

/* The path asked for, without the mirror's prefix; false when it does not begin with that. */
static bool asked_path(const struct fake_hub *hub, struct str request, struct str *method, struct str *path)
{
	struct str prefix = str_of(hub->prefix ? hub->prefix : "");

	if (!str_split(&request, ' ', method) || !str_split(&request, ' ', path) || !str_starts(*path, prefix))
		return false;
	*path = str_from(*path, prefix.n);
	return true;
}

static void add_info(const struct fake_hub *hub, struct buf *out)
{
	buf_putf(out, "{\"id\": \"a/b\", \"sha\": \"%s\", \"siblings\": [", FAKE_COMMIT);
	for (size_t i = 0; i < hub->count; i++) {
		const struct fake_file *f = &hub->files[i];
		char hash[65];
		fake_hash(f, hash);
		buf_putf(out, "%s{\"rfilename\": \"%s\"", i ? ", " : "", f->path);
		if (!hub->bare_listing && f->large)
			buf_putf(out,
				", \"size\": %zu, \"blobId\": \"%040d\", \"lfs\": {\"sha256\": \"%s\", \"size\": %zu}",
				strlen(f->text), 7, hash, strlen(f->text));
		else if (!hub->bare_listing)
			buf_putf(out, ", \"size\": %zu, \"blobId\": \"%s\"", strlen(f->text), hash);
		buf_put(out, "}");
	}
	buf_put(out, "]}");
}

static void add(struct buf *out, struct str bytes)
{
	struct error err;

	if (!buf_add_str(out, bytes, &err))
		mem_panic(err.text);
}

/* One file a page, so that there is something to turn. */
static void add_tree(struct fake_hub *hub, size_t page, struct scripted_reply *reply, struct buf *out)
{
	const struct fake_file *f = page < hub->count ? &hub->files[page] : NULL;
	char hash[65];

	if (f && page + 1 < hub->count)
		buf_putf(out,
			"Link: <http://127.0.0.1:%u%s/api/models/a/b/tree/%s?recursive=true&cursor=%zu>; "
			"rel=\"next\"\r\n",
			scripted_server_port(hub->server), hub->prefix ? hub->prefix : "", FAKE_COMMIT, page + 1);
	buf_put(out, "Content-Type: application/json\r\n");
	size_t body = out->len + 1;
	add(out, (struct str){ "", 1 });   /* ends the headers */
	buf_put(out, "[{\"type\": \"directory\", \"path\": \"onnx\", \"oid\": \"0\", \"size\": 0}");
	if (f) {
		fake_hash(f, hash);
		buf_putf(out, ", {\"type\": \"file\", \"path\": \"%s\", \"size\": %zu, \"oid\": \"%s\"", f->path,
			strlen(f->text), f->large ? "7777777777777777777777777777777777777777" : hash);
		if (f->large)
			buf_putf(out, ", \"lfs\": {\"oid\": \"%s\", \"size\": %zu}", hash, strlen(f->text));
		buf_put(out, "}");
	}
	buf_put(out, "]");
	reply->headers = out->data;
	reply->body = out->data + body;
}

static const struct fake_file *file_at(const struct fake_hub *hub, struct str path, const char *before)
{
	for (size_t i = 0; i < hub->count; i++) {
		own_mem char *whole = mem_printf("%s%s", before, hub->files[i].path);
		if (str_is(path, whole))
			return &hub->files[i];
	}
	return NULL;
}

static void not_found(struct scripted_reply *reply, const char *code, struct buf *out)
{
	buf_putf(out, "X-Error-Code: %s\r\nX-Error-Message: not here\r\n", code);
	reply->status = 404;
	reply->headers = out->data;
}

/* A head alone: whoever asks HEAD must not get a body, and the connection ends. */
static void give_head(struct fake_hub *hub, const struct fake_file *f, struct scripted_reply *reply, struct buf *out)
{
	char hash[65];

	fake_hash(f, hash);
	if (f->large)
		buf_putf(out,
			"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/%s\r\n"
			"X-Linked-Size: %zu\r\nX-Linked-Etag: \"%s\"\r\n"
			"Content-Length: 80\r\n",
			scripted_server_port(hub->bytes), f->path, strlen(f->text), hash);
	else
		buf_putf(out, "HTTP/1.1 200 OK\r\nETag: \"%s\"\r\nContent-Length: %zu\r\n", hash, strlen(f->text));
	buf_putf(out, "X-Repo-Commit: %s\r\nConnection: close\r\n\r\n", FAKE_COMMIT);
	reply->raw = true;
	reply->body = out->data;
}

static void give_bytes(struct fake_hub *hub, const struct fake_file *f, struct str request,
	struct scripted_reply *reply, struct buf *out)
{
	own_mem char *text = mem_strndup(request.p, request.n);
	const char *range = strstr(text, "Range: bytes=");
	size_t size = strlen(f->text), first = 0, last = size - 1;
	char hash[65];

	fake_hash(f, hash);
	buf_putf(out, "ETag: \"%s\"\r\n", hub->etag ? hub->etag : hash);
	if (range && !hub->no_ranges && sscanf(range, "Range: bytes=%zu-%zu", &first, &last) == 2) {
		last = last < size ? last : size - 1;
		buf_putf(out, "Content-Range: bytes %zu-%zu/%zu\r\n", first, last, size);
		reply->status = reply->status ? reply->status : 206;
	}
	size_t body = out->len + 1;
	add(out, (struct str){ "", 1 });
	add(out, (struct str){ f->text + first, size ? last - first + 1 : 0 });
	if (f->large)
		hub->bytes_sent += (unsigned)(last - first + 1);
	reply->headers = out->data;
	reply->body = out->data + body;
}

static bool faulty(struct fake_hub *hub, enum fake_ask ask, struct str request, struct scripted_reply *reply,
	struct buf *storage)
{
	fake_fault_fn *fault = hub->fault;
	unsigned nth = hub->asked[ask]++;

	return fault && fault(hub, ask, nth, request, reply, storage);
}

static size_t page_of(struct str path)
{
	own_mem char *text = mem_strndup(path.p, path.n);
	const char *cursor = strstr(text, "cursor=");

	return cursor ? strtoul(cursor + 7, NULL, 10) : 0;
}

static void answer_api(struct fake_hub *hub, struct str path, struct str request, struct scripted_reply *reply,
	struct buf *storage)
{
	if (str_starts(path, (struct str)STR("/api/models/a/b/tree/"))) {
		if (!faulty(hub, FAKE_TREE, request, reply, storage))
			add_tree(hub, page_of(path), reply, storage);
	} else if (str_is(path, "/api/models/a/b/revision/main?blobs=true") ||
		   str_is(path, "/api/models/a/b/revision/" FAKE_COMMIT "?blobs=true")) {
		if (!faulty(hub, FAKE_INFO, request, reply, storage)) {
			add_info(hub, storage);
			reply->body = storage->data;
		}
	} else {
		not_found(reply, str_starts(path, (struct str)STR("/api/models/a/b/")) ? "RevisionNotFound" :
			"RepoNotFound", storage);
	}
}

static void answer(void *user, size_t index, struct str request, struct scripted_reply *reply, struct buf *storage)
{
	struct fake_hub *hub = user;
	struct str method, path;

	(void)index;
	if (!asked_path(hub, request, &method, &path)) {
		not_found(reply, "", storage);
		return;
	}
	if (str_starts(path, (struct str)STR("/api/"))) {
		answer_api(hub, path, request, reply, storage);
		return;
	}
	bool head = str_is(method, "HEAD");
	const struct fake_file *f = file_at(hub, path, "/a/b/resolve/" FAKE_COMMIT "/");
	if (faulty(hub, head ? FAKE_HEAD : FAKE_GET, request, reply, storage))
		return;
	if (!f) {
		not_found(reply, "EntryNotFound", storage);
	} else if (head) {
		give_head(hub, f, reply, storage);
	} else if (f->large) {
		buf_putf(storage, "Location: http://127.0.0.1:%u/%s\r\n", scripted_server_port(hub->bytes), f->path);
		reply->status = 302;
		reply->headers = storage->data;
	} else {
		give_bytes(hub, f, request, reply, storage);
	}
}

static void answer_bytes(void *user, size_t index, struct str request, struct scripted_reply *reply,
	struct buf *storage)
{
	struct fake_hub *hub = user;
	struct str rest = request, method, path;

	(void)index;
	if (faulty(hub, FAKE_BYTES, request, reply, storage))
		return;
	const struct fake_file *f =
		str_split(&rest, ' ', &method) && str_split(&rest, ' ', &path) ? file_at(hub, path, "/") : NULL;
	if (f)
		give_bytes(hub, f, request, reply, storage);
	else
		not_found(reply, "", storage);
}

void fake_hub_start(struct fake_hub *hub)
{
	hub->server = scripted_server_start_with(0, answer, hub);
	hub->bytes = scripted_server_start_with(0, answer_bytes, hub);
	if (!hub->server || !hub->bytes)
		mem_panic("no loopback port for the fake Hub");
}

void fake_hub_stop(struct fake_hub *hub)
{
	scripted_server_stop(hub->server);
	scripted_server_stop(hub->bytes);
}

const char *fake_hub_url(struct fake_hub *hub)
{
	return scripted_server_url(hub->server, hub->prefix ? hub->prefix : "");
}
