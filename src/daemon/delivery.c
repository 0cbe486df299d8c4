#include "daemon/delivery.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/books.h"
#include "daemon/server.h"
#include "provider/provider.h"

#define REQUEST_MAX (2 * BODY_MAX)      /* a parsed request is larger than its JSON */
#define NOTICE_MAX 500
#define OUT_MAX ((size_t)32 << 20)

struct delivery *delivery_create(struct reply *reply, struct metrics *metrics)
{
	struct delivery *a = mem_alloc(sizeof *a);

	*a = (struct delivery){
		.request = REQUEST_INIT(REQUEST_MAX), .reply = reply_ref(reply), .metrics = metrics,
		.source = METRIC_NOBODY, .notes = SEAL_NOTES_INIT, .open = 1, .out = BUF_INIT(OUT_MAX),
		.started_ns = clock_ns(),
	};
	return a;
}

static void delivery_destroy(struct delivery *a)
{
	openai_writer_destroy(a->writer);
	request_done(&a->request);
	buf_done(&a->out);
	reply_unref(a->reply);
	teacher_list_unref(a->list);
	seal_notes_done(&a->notes);
	free(a->teacher);
	free(a->model);
	free(a);
}

void delivery_begin(struct delivery *a, enum metric_source source, const char *model, const struct openai_source *shown)
{
	a->source = source;
	a->open = a->request.choices;
	a->provider = NULL;
	free(take(a->teacher));
	openai_writer_destroy(a->writer);
	a->writer = openai_writer_create(&a->request, model, shown);
	if (a->request.stream)
		reply_expect_stream(a->reply);
}

void delivery_name(struct delivery *a, const char *model, const char *build)
{
	free(a->model);
	a->model = mem_strdup(model);
	if (!a->sent)
		openai_writer_name(a->writer, model, build);
}

void delivery_keep_seals(struct delivery *a, struct seals *seals)
{
	a->seals = seals;
	a->notes.question = seals_question(&a->request.chat, a->request.chat.message_count);
}

static bool gone(struct error *err)
{
	return error_set(err, ERROR_CANCELLED, "the client hung up");
}

bool delivery_flush(struct delivery *a)
{
	if (!a->out.len)
		return true;
	if (a->waits) {
		(void)reply_push_wait(a->reply, &a->out);
		return true;
	}
	return reply_push(a->reply, &a->out) != PUSH_FULL;
}

static bool wants_notices(const struct delivery *a)
{
	return a->request.notices && a->request.stream && !a->sent;
}

void delivery_notice(struct delivery *a, const struct openai_notice *notice)
{
	struct error err = {0};

	if (wants_notices(a) && openai_write_notice(a->writer, notice, &a->out, &err))
		(void)delivery_flush(a);
}

/* Says once that a model's answers are not in the month's sum. */
static void tell_unpriced(struct delivery *a)
{
	char text[NOTICE_MAX];

	if (!a->books || !wants_notices(a) ||
		!books_tell_unpriced(a->books, a->provider->name, a->model, a->priced ? &a->price : NULL))
		return;
	snprintf(text, sizeof text, "what %.100s of %.100s costs is not known, and not in this month's sum: "
		"price_input and price_output of this teacher in config.toml can say it", a->model, a->teacher);
	delivery_notice(a, &(struct openai_notice){ .kind = "budget", .teacher = a->teacher, .text = text });
}

void delivery_teacher(struct delivery *a, const char *name, const struct provider *provider, const char *model,
	const struct price *price)
{
	free(a->teacher);
	free(a->model);
	a->teacher = mem_strdup(name);
	a->model = mem_strdup(model);
	a->provider = provider;
	a->noted = false;
	a->priced = price != NULL;
	if (price)
		a->price = *price;
	if (!a->sent)
		openai_writer_teacher(a->writer, name, model);
	tell_unpriced(a);
}

static void note_first(struct delivery *a, const struct delta *d)
{
	if (a->sent || d->kind == DELTA_END)
		return;
	a->sent = true;
	metrics_first_token(a->metrics, clock_ns() - a->started_ns);
}

static void note_usage(struct delivery *a, const struct delta *d)
{
	size_t completion = a->usage.completion_tokens + d->usage.completion_tokens;

	if (d->choice == 0)
		a->usage = d->usage;
	a->usage.completion_tokens = completion;
}

static void note_end(struct delivery *a, const struct delta *d)
{
	const struct price *own = a->priced ? &a->price : NULL;
	uint64_t cost;

	note_usage(a, d);
	a->ended = true;
	if (a->provider && books_cost(a->provider->name, a->model, own, &a->usage, &cost))
		openai_writer_cost(a->writer, cost);
}

/* A sealed thought that is shown counts as what is shown. */
static void note_size(struct delivery *a, const struct delta *d)
{
	a->received += (d->kind == DELTA_SEAL && !d->redacted ? 0 : d->text.n) + d->name.n;
}

bool delivery_delta(void *answer, const struct delta *d, struct error *err)
{
	struct delivery *a = answer;

	note_first(a, d);
	note_size(a, d);
	if (a->seals)
		seals_note(a->seals, &a->notes, d, clock_ns());
	if (d->kind == DELTA_END)
		note_end(a, d);
	if (!a->request.stream)
		return openai_collect(a->writer, d, err) || (err->kind == ERROR_TOO_LARGE &&
			error_prefix(err, "the answer is too long to be given in one piece, ask for a stream"));
	if (!openai_write_delta(a->writer, d, &a->out, err))
		return false;
	if (a->waits && !reply_push_wait(a->reply, &a->out))
		return gone(err);
	return true;
}

bool delivery_is_gone(struct delivery *a)
{
	return a->failure.kind != ERROR_NONE || reply_is_gone(a->reply);
}

static void send_whole(struct delivery *a)
{
	own_buf body = BUF_INIT(OUT_MAX);
	struct error err = {0};

	if (openai_write_whole(a->writer, &body, &err))
		reply_whole(a->reply, (struct reply_head){ .status = 200, .type = "application/json" }, &body);
	else
		reply_error(a->reply, 500, "server_error", NULL, NULL, err.text);
}

static void send_failure(struct delivery *a, const struct error *failure, const char *param, const char *code)
{
	const char *type;
	unsigned status = openai_status(failure, &type);

	if (a->request.stream && (a->sent || a->out.len)) {
		openai_write_failure(&a->out, failure, param, code);
		return;
	}
	/* A stream that already carries keep-alive comments ignores this, and gets the event instead. */
	reply_error(a->reply, status, type, param, code, failure->text);
	openai_write_failure(&a->out, failure, param, code);
}

static struct book_entry book_entry(const struct delivery *a, enum metric_result result)
{
	return (struct book_entry){
		.source = a->source, .result = result, .teacher = a->teacher, .model = a->model,
		.provider = a->provider ? a->provider->name : NULL, .price = a->priced ? &a->price : NULL,
		.escalated = a->escalated, .ms = (clock_ns() - a->started_ns) / 1000000, .list = a->list,
	};
}

void delivery_unanswered(struct delivery *a, unsigned attempts)
{
	struct book_entry entry = book_entry(a, METRIC_FAILED);

	entry.unanswered = attempts;
	if (a->books)
		books_note(a->books, &a->request, &entry);
	a->noted = true;
}

/* The books first: who has the answer may look at the metrics at once. */
static void note_result(struct delivery *a, enum metric_result result)
{
	struct book_entry entry = book_entry(a, result);

	metrics_answer(a->metrics, a->source, result, a->usage);
	entry.usage = a->usage;
	entry.ended = a->ended;
	entry.received = a->received;
	if (a->books && !(a->noted && result == METRIC_FAILED && !a->received))
		books_note(a->books, &a->request, &entry);
}

static void send_result(struct delivery *a)
{
	const struct error *failure = a->failure.kind != ERROR_NONE ? &a->failure : NULL;

	note_result(a, !failure ? METRIC_ANSWERED :
		failure->kind == ERROR_CANCELLED ? METRIC_CANCELLED : METRIC_FAILED);
	if (failure)
		send_failure(a, failure, a->param, a->code);
	else if (!a->request.stream)
		send_whole(a);
	reply_finish(a->reply, &a->out);
	delivery_destroy(a);
}

void delivery_refuse(struct delivery *a, const struct error *failure, const char *param, const char *code)
{
	if (failure && a->failure.kind == ERROR_NONE) {
		a->failure = *failure;
		a->param = param;
		a->code = code;
	}
	if (--a->open == 0)
		send_result(a);
}

void delivery_finish(struct delivery *a, const struct error *failure)
{
	delivery_refuse(a, failure, NULL, NULL);
}

void delivery_abandon(struct delivery *a, const struct error *failure)
{
	for (unsigned left = a->open; left; left--)
		delivery_finish(a, failure);
}
