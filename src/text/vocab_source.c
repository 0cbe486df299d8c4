#include "text/vocab_source.h"

#include "text/pull.h"

void vocab_source_done(struct vocab_source *s)
{
	json_decref(s->settings);
	json_decref(s->model);
	*s = (struct vocab_source){0};
}

/* Reads one small member into `into`. */
static bool keep(json_t *into, const char *name, struct str text, struct error *err)
{
	json_t *value = json_parse(text, "tokenizer.json", err);

	return value && json_object_set_new(into, name, value) == 0;
}

/* The name in `names` that equals `name`, or NULL. */
static const char *one_of(struct str name, const char *const *names)
{
	while (*names && !str_is(name, *names))
		names++;
	return *names;
}

static bool read_model(struct vocab_source *s, struct pull *p, struct error *err)
{
	static const char *const small[] = { "type", "dropout", "byte_fallback", "ignore_merges",
		"continuing_subword_prefix", "end_of_word_suffix", NULL };
	struct str key, value;

	for (bool more = pull_enter(p, '{'); more; more = pull_more(p, '}')) {
		if (!pull_key(p, &key))
			break;
		const char *name = one_of(key, small);
		bool vocab = str_is(key, "vocab"), merges = str_is(key, "merges");
		if (!pull_skip(p, &value))
			break;
		if (vocab)
			s->vocab = value;
		else if (merges)
			s->merges = value;
		else if (name && !keep(s->model, name, value, err))
			return false;
	}
	return !p->failed || pull_error(p, "tokenizer.json", err);
}

bool vocab_source_read(struct vocab_source *s, struct str text, struct error *err)
{
	static const char *const small[] = { "normalizer", "pre_tokenizer", "decoder", "added_tokens", NULL };
	own_pull p = PULL_INIT(text);
	struct str key, value;

	*s = (struct vocab_source){ .settings = json_object(), .model = json_object() };
	for (bool more = pull_enter(&p, '{'); more; more = pull_more(&p, '}')) {
		if (!pull_key(&p, &key))
			break;
		const char *name = one_of(key, small);
		if (str_is(key, "model")) {
			if (!read_model(s, &p, err))
				return false;
		} else if (pull_skip(&p, &value) && name && !keep(s->settings, name, value, err)) {
			return false;
		}
	}
	if (p.failed)
		return pull_error(&p, "tokenizer.json", err);
	if (!s->vocab.p || !s->merges.p)
		return error_set(err, ERROR_INVALID,
			"tokenizer.json has no model with a vocab and merges: only BPE is supported");
	return true;
}
