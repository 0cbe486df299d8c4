/*
 * A reply's storage holds the head's lines, a NUL and the body; pointers are
 * taken when it has stopped growing.
 */
#include "support/teacher/reply.h"

#include <time.h>

#include "base/mem.h"

#define BODY_MAX ((size_t)64 << 20)

static void must(bool ok, const struct error *err)
{
	if (!ok)
		mem_panic(err->text);
}

static void finish(struct scripted_reply *reply, const struct buf *head, struct str body, struct buf *storage)
{
	struct error err;

	must(buf_add(storage, head->data, head->len + 1, &err) && buf_add_str(storage, body, &err), &err);
	reply->headers = storage->data;
	reply->body = storage->data + head->len + 1;
	reply->body_n = body.n;
}

void teacher_tell(int status, json_t *body, struct scripted_reply *reply, struct buf *storage)
{
	own_json *owned = body;
	own_buf text = BUF_INIT(BODY_MAX), head = BUF_INIT(256);
	struct error err;

	must(json_write(&text, owned, &err), &err);
	buf_put(&head, "Content-Type: application/json\r\n");
	reply->status = status;
	finish(reply, &head, buf_str(&text), storage);
}

void teacher_refuse(const struct teacher_dialect *dialect, const struct teacher_error *error,
	struct scripted_reply *reply, struct buf *storage)
{
	teacher_tell(error->status, dialect->write_error(error), reply, storage);
}

/* The vendor's error that the turn names, with the turn's own words. */
static struct teacher_error find_error(const struct teacher_dialect *dialect, const struct turn *turn, int status)
{
	const struct teacher_error *row = dialect->errors;
	struct teacher_error error = { status, turn->error ? turn->error : "unknown", NULL, "Something is wrong." };

	while (row->status && (row->status != status || (turn->error && strcmp(row->type, turn->error) != 0)))
		row++;
	if (row->status)
		error = *row;
	else if (status == dialect->wrong_key.status && !turn->error)
		error = dialect->wrong_key;
	if (turn->message)
		error.message = turn->message;
	return error;
}

static void add_date(struct buf *head, int seconds)
{
	time_t when = time(NULL) + seconds;
	struct tm tm;
	char text[64];

	gmtime_r(&when, &tm);
	strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	buf_putf(head, "Retry-After: %s\r\n", text);
}

static void put_head(struct buf *head, const struct turn *turn, const char *type)
{
	buf_putf(head, "Content-Type: %s\r\n", turn->type ? turn->type : type);
	buf_put(head, "request-id: req_teacher\r\nx-request-id: req_teacher\r\n");
	if (turn->retry_after >= 0)
		buf_putf(head, "Retry-After: %d\r\n", turn->retry_after);
	if (turn->retry_date >= 0)
		add_date(head, turn->retry_date);
	if (turn->location)
		buf_putf(head, "Location: %s\r\n", turn->location);
	if (turn->gzip)
		buf_put(head, "Content-Encoding: gzip\r\n");
}

/* Turns LF into CRLF. */
static void make_crlf(struct buf *body)
{
	struct buf out = BUF_INIT(BODY_MAX);
	struct str rest = buf_str(body), line;

	while (str_split(&rest, '\n', &line)) {
		struct error err;
		must(buf_add_str(&out, line, &err), &err);
		if (line.p + line.n < body->data + body->len)
			buf_put(&out, "\r\n");
	}
	buf_done(body);
	*body = out;
}

static void write_events(const struct teacher_dialect *dialect, const struct teacher_question *q,
	const struct turn *turn, struct buf *body)
{
	struct events e = { .out = body, .deltas_left = turn->after, .pings = turn->pings };
	struct teacher_error error = find_error(dialect, turn, turn->status ? turn->status : 529);
	bool instead = turn->how != BREAK_NOT && turn->after == SIZE_MAX && turn->bytes == SIZE_MAX;

	if (!instead)
		dialect->write_stream(&e, turn, q);
	e.broken = false;
	if (turn->how == BREAK_ERROR)
		dialect->write_error_event(&e, &error);
	if (turn->how == BREAK_GARBAGE)
		events_put_raw(&e, "event: content_block_delta\ndata: {\"type\": \"content_blo\n\n");
}

static void write_answer(const struct teacher_dialect *dialect, const struct teacher_question *q,
	const struct turn *turn, struct buf *body, struct buf *head)
{
	struct error err;

	if (turn->body) {
		buf_put(body, turn->body);
	} else if (turn->status && turn->how != BREAK_ERROR) {
		struct teacher_error error = find_error(dialect, turn, turn->status);
		own_json *json = dialect->write_error(&error);
		must(json_write(body, json, &err), &err);
	} else if (q->stream && !turn->whole) {
		write_events(dialect, q, turn, body);
		if (dialect->crlf != turn->crlf)
			make_crlf(body);
		put_head(head, turn, "text/event-stream; charset=utf-8");
		return;
	} else {
		own_json *json = dialect->write_whole(turn, q);
		must(json_write(body, json, &err), &err);
	}
	put_head(head, turn, "application/json");
}

static bool is_silent(const struct turn *turn)
{
	return (turn->how == BREAK_HANG || turn->how == BREAK_CUT || turn->how == BREAK_RESET) &&
	       turn->after == SIZE_MAX && turn->bytes == SIZE_MAX;
}

void teacher_answer(const struct teacher_dialect *dialect, const struct teacher_question *q, const struct turn *turn,
	struct scripted_reply *reply, struct buf *storage)
{
	own_buf body = BUF_INIT(BODY_MAX), head = BUF_INIT(4096), packed = BUF_INIT(BODY_MAX);

	*reply = (struct scripted_reply){
		.status = turn->how == BREAK_ERROR ? 0 : turn->status,
		.chunked = true, .piece = turn->piece, .pause_ms = turn->pause_ms, .delay_ms = turn->delay_ms,
		.by_event = turn->pause_ms && !turn->piece,
		.hang = turn->hold || turn->how == BREAK_HANG,
		.unended = turn->how == BREAK_CUT, .reset = turn->how == BREAK_RESET,
	};
	if (is_silent(turn)) {
		reply->chunked = false;
		reply->raw = true;
		return;
	}
	write_answer(dialect, q, turn, &body, &head);
	if (turn->gzip)
		gzip_store(&packed, buf_str(&body));
	struct str bytes = buf_str(turn->gzip ? &packed : &body);
	if (turn->bytes < bytes.n)
		bytes.n = turn->bytes;
	finish(reply, &head, bytes, storage);
}
