/*
 * bench_tokenizer NAME TOKENIZER_DIR TEXTS_DIR SOURCE_DIR SCRATCH_DIR [PEER_PREFIX]
 *
 * How fast the tokenizer encodes and opens, beside Hugging Face's own by npm
 * (installed under PEER_PREFIX; without it only ours is measured).  The same
 * texts, in pieces of message size, one thread, a warm-up pass and a timed one
 * each, by turns; medians.  Texts: the C sources in SOURCE_DIR/src, the reference
 * vectors in TEXTS_DIR (many languages), and words that nobody has seen.  NAME is
 * that of the tokenizer in the rows.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "report.h"
#include "text/tokenizer.h"

#define ROUNDS 7
#define PIECE  4096u
#define TEXTS  3
#define UNSEEN (400u << 10)   /* bytes */

struct text {
	const char *name;
	struct buf bytes;
	uint64_t ours[ROUNDS], theirs[ROUNDS];   /* nanoseconds */
	uint64_t tokens, sum, their_tokens, their_sum;
};

struct bench {
	const char *name, *tokenizer, *languages, *source, *scratch, *prefix;
	struct text texts[TEXTS];
	uint64_t load[ROUNDS], cached[ROUNDS], their_load[ROUNDS];
};

static void stop(const char *why)
{
	fprintf(stderr, "bench_tokenizer: %s\n", why);
	exit(1);
}

static void must(bool ok, const struct error *err)
{
	if (!ok)
		stop(err->text);
}

static void add_sources(struct buf *out, const char *directory)
{
	struct dirent **entries;
	struct error err = {0};
	int count = scandir(directory, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name, *dot = strrchr(name, '.');
		own_mem char *path = path_join(directory, name);
		if (name[0] != '.' && path_is_directory(path))
			add_sources(out, path);
		if (dot && (!strcmp(dot, ".c") || !strcmp(dot, ".h"))) {
			own_mem char *text = file_read(path, 1 << 20, NULL, &err);
			must(text && buf_adds(out, text, &err), &err);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void add_vectors(struct buf *out, const char *directory)
{
	struct error err = {0};
	size_t size;
	own_mem char *path = path_join(directory, "tokenizer_vectors.jsonl");
	own_mem char *lines = file_read(path, 16 << 20, &size, &err);
	struct str rest = { lines, lines ? size : 0 }, line;

	while (str_split(&rest, '\n', &line)) {
		own_json *vector = line.n ? json_parse(line, "vector", &err) : NULL;
		if (vector)   /* one holds a NUL and is left out */
			must(buf_add_str(out, json_member_str(vector, "text"), &err), &err);
	}
}

static void add_unseen(struct buf *out)
{
	uint64_t seed = 1;

	while (out->len < UNSEEN) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		buf_putf(out, "%c", seed >> 61 ? 'a' + (int)((seed >> 33) % 26) : ' ');
	}
}

static void collect(struct bench *b)
{
	static const char *const names[TEXTS] = { "code", "languages", "unseen" };
	own_mem char *sources = path_join(b->source, "src");

	for (size_t i = 0; i < TEXTS; i++) {
		b->texts[i].name = names[i];
		b->texts[i].bytes = (struct buf)BUF_INIT(TOKENIZER_TEXT_MAX);
	}
	add_sources(&b->texts[0].bytes, sources);
	add_vectors(&b->texts[1].bytes, b->languages);
	add_unseen(&b->texts[2].bytes);
}

static bool next_piece(struct str *rest, struct str *piece)
{
	size_t n = rest->n < PIECE ? rest->n : PIECE;

	n -= utf8_incomplete_tail(rest->p, n);
	*piece = (struct str){ rest->p, n };
	*rest = str_from(*rest, n);
	return n > 0;
}

/* The texts as the peer reads them. */
static char *write_texts(const struct bench *b)
{
	struct error err = {0};
	own_buf out = BUF_INIT(64 << 20);
	own_mem char *path = path_join(b->scratch, "tokenizer-texts.json");
	struct str piece;

	for (size_t i = 0; i < TEXTS; i++) {
		struct str rest = buf_str(&b->texts[i].bytes);
		const char *comma = "";
		buf_putf(&out, "%s{\"name\":\"%s\",\"pieces\":[", i ? "," : "[", b->texts[i].name);
		for (; next_piece(&rest, &piece); comma = ",") {
			buf_put(&out, comma);
			must(json_write_string(&out, piece, &err), &err);
		}
		buf_put(&out, "]}");
	}
	buf_put(&out, "]");
	must(file_write(path, buf_str(&out), 0600, &err), &err);
	return take(path);
}

static void encode(const struct tokenizer *t, const struct text *text, struct tokens *out)
{
	struct error err = {0};
	struct str rest = buf_str(&text->bytes), piece;

	tokens_clear(out);
	while (next_piece(&rest, &piece))
		must(tokenizer_encode(t, piece, TOKENS_PARSED, out, &err), &err);
}

static uint64_t opened_in(const struct bench *b, const char *cache, struct tokenizer **t)
{
	struct error err = {0};
	uint64_t before = clock_ns();

	*t = tokenizer_open(b->tokenizer, cache, &err);
	must(*t, &err);
	return clock_ns() - before;
}

static void run_ours(struct bench *b, size_t round)
{
	own_tokens out = TOKENS_INIT(TOKENIZER_TEXT_MAX);
	own_tokenizer *plain = NULL, *cached = NULL;

	b->load[round] = opened_in(b, NULL, &plain);
	b->cached[round] = opened_in(b, b->scratch, &cached);
	for (size_t i = 0; i < TEXTS; i++) {
		struct text *text = &b->texts[i];
		encode(cached, text, &out);
		uint64_t before = clock_ns();
		encode(cached, text, &out);
		text->ours[round] = clock_ns() - before;
		text->tokens = out.count;
		text->sum = 0;
		for (size_t k = 0; k < out.count; k++)
			text->sum = (text->sum * 31 + (uint64_t)out.ids[k]) % 4294967291u;
	}
}

/* False when the peer cannot be run. */
static bool run_theirs(struct bench *b, size_t round, const char *texts)
{
	own_mem char *command = mem_printf("TOKENIZERS_PARALLELISM=false RAYON_NUM_THREADS=1 "
		"node '%s/bench/tokenizers_peer.mjs' '%s' '%s/tokenizer.json' '%s' 2>/dev/null",
		b->source, b->prefix, b->tokenizer, texts);
	FILE *peer = popen(command, "r");
	size_t read = 0;

	if (peer && fscanf(peer, "load %" SCNu64, &b->their_load[round]) == 1)
		for (; read < TEXTS; read++) {
			struct text *t = &b->texts[read];
			if (fscanf(peer, " %*s %" SCNu64 " %" SCNu64 " %" SCNu64,
			    &t->theirs[round], &t->their_tokens, &t->their_sum) != 3)
				break;
		}
	return peer && pclose(peer) == 0 && read == TEXTS;
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static double median(uint64_t *ns)
{
	qsort(ns, ROUNDS, sizeof *ns, ascending);
	return (double)ns[ROUNDS / 2];
}

static void print(struct bench *b, bool peer)
{
	for (size_t i = 0; i < TEXTS; i++) {
		struct text *t = &b->texts[i];
		double bytes = (double)t->bytes.len, ours = median(t->ours), theirs = peer ? median(t->theirs) : 0;
		bool same = t->tokens == t->their_tokens && t->sum == t->their_sum;
		own_mem char *what = mem_printf("tokenizer of %s, %s, %.0f kB", b->name, t->name, bytes / 1e3);
		if (peer)
			report(what, "10 times", "%.1f MB/s, npm tokenizers %.2f: %.1f times%s", bytes * 1e3 / ours,
				bytes * 1e3 / theirs, theirs / ours, same ? "" : ", TOKENS DIFFER");
		else
			report(what, "10 times", "%.1f MB/s (no peer: npm tokenizers cannot be run)",
				bytes * 1e3 / ours);
	}
	own_mem char *opening = mem_printf("tokenizer of %s, opening tokenizer.json", b->name);
	own_mem char *cached = mem_printf("tokenizer of %s, opening from the cache", b->name);
	report(opening, "150 ms", "%.1f ms", median(b->load) / 1e6);
	report(cached, "15 ms", "%.1f ms", median(b->cached) / 1e6);
	if (peer)
		report("npm tokenizers, opening the same", "", "%.1f ms", median(b->their_load) / 1e6);
}

int main(int argc, char **argv)
{
	if (argc < 6 || argc > 7)
		stop("usage: bench_tokenizer NAME TOKENIZER_DIR TEXTS_DIR SOURCE_DIR SCRATCH_DIR [PEER_PREFIX]");

	struct bench b = { .name = argv[1], .tokenizer = argv[2], .languages = argv[3], .source = argv[4],
		.scratch = argv[5], .prefix = argv[6] };
	bool peer = b.prefix != NULL;
	struct tokenizer *first;

	collect(&b);
	own_mem char *texts = write_texts(&b);
	opened_in(&b, b.scratch, &first);   /* writes the cache */
	tokenizer_destroy(first);
	for (size_t round = 0; round < ROUNDS; round++) {
		run_ours(&b, round);
		peer = peer && run_theirs(&b, round, texts);
	}
	print(&b, peer);
	for (size_t i = 0; i < TEXTS; i++)
		buf_done(&b.texts[i].bytes);
	return 0;
}
