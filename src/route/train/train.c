/*
 * train_answers DATA OUTPUT DEPENDENCIES: learns the model of known answers from
 * the folder DATA and writes it, with the texts, as C; DEPENDENCIES lists for
 * ninja what was read.  Runs during the build.
 *
 * train_answers --report DATA: cross-validates and prints what became of every
 * question, the most certain first: score, "*" for a typical one, the answer
 * chosen, the right one ("-" for none), the wording.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "route/train/emit.h"

#define SYNONYMS_MAX (1 << 20)
#define OUTPUT_MAX (256u << 20)

struct training {
	struct corpus corpus;
	struct synonyms synonyms;
	struct lexicon lexicon;
	struct samples samples;
};

static void training_done(struct training *t)
{
	samples_done(&t->samples);
	synonyms_done(&t->synonyms);
	corpus_done(&t->corpus);
}

static bool read_synonyms(struct training *t, const char *folder, struct error *err)
{
	size_t n;
	own_mem char *path = path_join(folder, "synonyms.txt");
	own_mem char *text = file_read(path, SYNONYMS_MAX, &n, err);

	if (!text || !synonyms_parse(&t->synonyms, (struct str){ text, n }, path, err))
		return false;
	buf_putf(&t->corpus.files, "%s\n", path);
	t->lexicon = synonyms_lexicon(&t->synonyms);
	return true;
}

static bool read_all(struct training *t, const char *folder, struct error *err)
{
	return corpus_read(&t->corpus, folder, err) && read_synonyms(t, folder, err) &&
		samples_read(&t->samples, &t->corpus, &t->lexicon, err);
}

/* In make's syntax. */
static bool write_dependencies(const struct training *t, const char *output, const char *path, struct error *err)
{
	own_buf text = BUF_INIT(1 << 20);
	struct str rest = buf_str(&t->corpus.files), file;

	buf_putf(&text, "%s:", output);
	while (str_split(&rest, '\n', &file))
		if (file.n > 0)
			buf_putf(&text, " \\\n %.*s", STR_ARGS(file));
	buf_put(&text, "\n");
	return file_write(path, buf_str(&text), 0644, err);
}

static bool write_model(struct training *t, const char *output, struct error *err)
{
	own_buf text = BUF_INIT(OUTPUT_MAX);
	own_validation validation;
	own_weights weights;

	validate(&validation, &t->samples);
	learn(&weights, &t->samples, FOLDS);
	return emit(&text, &t->corpus, &t->lexicon, &t->samples, &weights, &validation, err) &&
		file_write(output, buf_str(&text), 0644, err);
}

static const char *name_of(const struct training *t, size_t answer)
{
	return answer == CORPUS_NONE ? "-" : strchr(t->corpus.sources[answer].id, '/') + 1;
}

static void report(struct training *t)
{
	own_validation v;

	validate(&v, &t->samples);
	printf("precision %.3f, recall %.3f at the bar %.3f\n", v.precision, v.recall, v.bar);
	for (size_t i = 0; i < v.count; i++) {
		const struct prediction *p = &v.at[i];
		printf("%.3f\t%c\t%s\t%s\t%.*s\n", validation_score(&v, p), p->typical ? '*' : ' ',
			name_of(t, p->answer), name_of(t, p->sample->answer), STR_ARGS(p->sample->wording->text));
	}
}

int main(int argc, char **argv)
{
	struct error err = {0};
	owns(training_done) struct training t = { .corpus = CORPUS_INIT, .samples = SAMPLES_INIT };
	bool reporting = argc == 3 && strcmp(argv[1], "--report") == 0;

	if (!reporting && argc != 4) {
		fprintf(stderr, "usage: train_answers DATA OUTPUT DEPENDENCIES | train_answers --report DATA\n");
		return 2;
	}
	bool ok = read_all(&t, argv[reporting ? 2 : 1], &err);
	if (ok && reporting)
		report(&t);
	else if (ok)
		ok = write_model(&t, argv[2], &err) && write_dependencies(&t, argv[2], argv[3], &err);
	if (!ok)
		fprintf(stderr, "train_answers: %s\n", err.text);
	return ok ? 0 : 1;
}
