#include "cli/trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "model/select.h"
#include "model/timeline.h"
#include "text/tokenizer.h"

#define CHUNK 256
#define TOKENS_MAX 65536

/* Prose and code, as a coding assistant meets them. */
static const char text[] =
	"A ring buffer keeps the last n items of a stream in an array of fixed size. Two counters tell where the next "
	"item is written and where the oldest one is read; both only ever grow, and the place in the array is the "
	"counter modulo the size. When the counters are equal the buffer is empty, and when their difference is the "
	"size it is full. Because nobody moves items around, adding and taking cost the same however many there "
	"are.\n\n"
	"```c\n"
	"struct ring {\n\tint *items;\n\tsize_t size, head, tail;\n};\n\n"
	"bool ring_push(struct ring *r, int item)\n{\n\tif (r->head - r->tail == r->size)\n\t\treturn false;\n"
	"\tr->items[r->head++ % r->size] = item;\n\treturn true;\n}\n\n"
	"bool ring_pop(struct ring *r, int *item)\n{\n\tif (r->head == r->tail)\n\t\treturn false;\n"
	"\t*item = r->items[r->tail++ % r->size];\n\treturn true;\n}\n```\n\n"
	"With one thread that writes and one that reads, the same code works without a lock when the counters are "
	"atomic: the writer publishes an item by storing the head with release order after the item itself, and the "
	"reader loads the head with acquire order before it looks. A size that is a power of two makes the modulo a "
	"mask. What remains is to say what happens when the buffer is full. To drop the newest item is simple; to drop "
	"the oldest one needs the writer to move the tail, and then both threads change it. In Python a deque with a "
	"maximal length does all of this:\n\n"
	"```python\nfrom collections import deque\n\nlog = deque(maxlen=1000)\nfor line in source:\n    "
	"log.append(line.rstrip())\n"
	"print(\"\\n\".join(log))\n```\n";

void trial_reference_done(struct trial_reference *r)
{
	free(r->logits);
	*r = (struct trial_reference){0};
}

/* As many tokens as a trial needs; the text is repeated where it gives too few. */
static bool tokens_of(const struct model *m, struct tokens *out, struct error *err)
{
	while (out->count < TRIAL_PROMPT + TRIAL_STEPS + 1) {
		size_t before = out->count;
		if (!tokenizer_encode(model_tokenizer(m), str_of(text), TOKENS_PLAIN, out, err))
			return false;
		if (out->count == before)
			return error_set(err, ERROR_INVALID, "the model's tokenizer makes nothing of the text");
	}
	return true;
}

static bool compute(struct timeline *t, struct cancel *cancel, struct error *err)
{
	while (timeline_pending(t))
		if (!timeline_advance(t, CHUNK, cancel, err))
			return false;
	return true;
}

static double per_second(size_t tokens, uint64_t ns)
{
	return ns ? (double)tokens * 1e9 / (double)ns : 0;
}

/* Reads a prompt; how fast is noted when it is the fastest so far. */
static bool read_prompt(struct trial *t, struct timeline *timeline, const int32_t *prompt, struct cancel *cancel,
	struct error *err)
{
	uint64_t start = clock_ns();

	if (!timeline || !timeline_begin(timeline, prompt, TRIAL_PROMPT, err) || !compute(timeline, cancel, err))
		return false;
	double speed = per_second(TRIAL_PROMPT, clock_ns() - start);
	if (speed > t->prefill)
		t->prefill = speed;
	return true;
}

/* Another sequence of the same length: then memory is there and threads are awake, but nothing of the text is known. */
static bool warm_up(struct trial *t, const struct model *m, const struct tokens *tokens, struct cancel *cancel,
	struct error *err)
{
	own_timeline *timeline = timeline_create(model_engine(m), err);
	int32_t backwards[TRIAL_PROMPT];

	for (size_t i = 0; i < TRIAL_PROMPT; i++)
		backwards[i] = tokens->ids[TRIAL_PROMPT - 1 - i];
	return read_prompt(t, timeline, backwards, cancel, err);
}

/* ---- Logits ---- */

static double log_sum(const float *logits, size_t n)
{
	double most = (double)logits[select_largest(logits, n)], sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += exp((double)logits[i] - most);
	return most + log(fmax(sum, 1));     /* the first choice alone gives 1 */
}

/* Of the distribution of `q` from that of `p`. */
static double divergence(const float *p, const float *q, size_t n)
{
	double p_sum = log_sum(p, n), q_sum = log_sum(q, n), total = 0;

	for (size_t i = 0; i < n; i++) {
		double log_p = (double)p[i] - p_sum;
		total += exp(log_p) * (log_p - ((double)q[i] - q_sum));
	}
	return total > 0 ? total : 0;
}

struct comparison {
	struct trial_reference *reference;
	bool filling;
	size_t step, same;
	double divergence;
};

static void compare(struct comparison *c, const float *logits, size_t n)
{
	float *row = c->reference->logits + c->step++ * n;

	if (c->filling) {
		memcpy(row, logits, n * sizeof *row);
		return;
	}
	c->same += select_largest(row, n) == select_largest(logits, n);
	c->divergence += divergence(row, logits, n);
}

/* ---- The trial ---- */

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool run_text(struct trial *t, const struct model *m, const struct tokens *tokens, struct comparison *c,
	struct cancel *cancel, struct error *err)
{
	size_t n = engine_info(model_engine(m))->vocabulary;
	own_timeline *timeline = timeline_create(model_engine(m), err);
	uint64_t steps[TRIAL_STEPS];

	if (!read_prompt(t, timeline, tokens->ids, cancel, err))
		return false;
	for (size_t i = 0; i < TRIAL_STEPS; i++) {
		compare(c, timeline_logits(timeline), n);
		uint64_t start = clock_ns();
		if (!timeline_push(timeline, tokens->ids[TRIAL_PROMPT + i], err) || !compute(timeline, cancel, err))
			return false;
		steps[i] = clock_ns() - start;
	}
	qsort(steps, TRIAL_STEPS, sizeof *steps, by_size);
	t->decode = per_second(1, steps[TRIAL_STEPS / 2]);
	return true;
}

bool trial_run(struct trial *t, const struct model *m, struct trial_reference *reference, struct cancel *cancel,
	struct error *err)
{
	size_t vocabulary = engine_info(model_engine(m))->vocabulary;
	struct comparison c = { .reference = reference, .filling = !reference->vocabulary };
	own_tokens tokens = TOKENS_INIT(TOKENS_MAX);

	*t = (struct trial){ .agreement = 1 };
	if (c.filling) {
		reference->vocabulary = vocabulary;
		reference->logits = mem_zeroed(TRIAL_STEPS * vocabulary, sizeof *reference->logits);
	}
	if (reference->vocabulary != vocabulary)
		return error_set(err, ERROR_INVALID, "its vocabulary is another than that of the better precision");
	bool ok = tokens_of(m, &tokens, err) && warm_up(t, m, &tokens, cancel, err) &&
		run_text(t, m, &tokens, &c, cancel, err);
	if (!ok && c.filling)
		trial_reference_done(reference);
	if (ok && !c.filling) {
		t->agreement = (double)c.same / TRIAL_STEPS;
		t->divergence = c.divergence / TRIAL_STEPS;
	}
	return ok;
}
