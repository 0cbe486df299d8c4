/*
 * Each kind of step in the file is a row: its name and a function that adds it to
 * the rules.  A name without a row is refused.
 */
#include "base/mem.h"
#include "text/split.h"
#include "text/vocab.h"
#include "text/vocab_source.h"

#define NESTING 4   /* of Sequences */

/* While the steps are read. */
struct reading {
	struct vocab_rules *rules;
	bool byte_level;              /* seen; nothing may follow */
	bool spaces, bytes, fused;    /* of the decoder: U+2581 becomes a space, <0x41> a byte, all tokens one text */
	size_t depth;
};

typedef bool step_fn(struct reading *r, const json_t *step, struct error *err);

struct step {
	const char *type;
	step_fn *add;
};

void vocab_rules_done(struct vocab_rules *r)
{
	for (size_t i = 0; i < r->cut_count; i++)
		free(r->cuts[i].pattern);
	*r = (struct vocab_rules){0};
}

static bool refuse(const char *part, const char *what, struct error *err)
{
	return error_set(err, ERROR_INVALID, "tokenizer.json: %s %.80s is not supported", part,
		what ? what : "without a type");
}

/* Applies `step`, looking its type up in a table that ends with an empty row. */
static bool apply(struct reading *r, const char *part, const struct step *steps, const json_t *step, struct error *err)
{
	const char *type = json_member_string(step, "type");

	if (!step || json_is_null(step))
		return true;
	for (; type && steps->type; steps++)
		if (strcmp(type, steps->type) == 0)
			return steps->add(r, step, err);
	return refuse(part, type, err);
}

/* A Sequence of steps under `key`. */
static bool apply_all(struct reading *r, const char *part, const struct step *steps, const json_t *sequence,
	const char *key, struct error *err)
{
	const json_t *list = json_object_get(sequence, key), *step;
	size_t i;

	if (r->depth == NESTING)
		return refuse(part, "with so many Sequences in each other", err);
	r->depth++;
	json_array_foreach(list, i, step)
		if (!apply(r, part, steps, step, err))
			return false;
	r->depth--;
	return true;
}

static bool add_cut(struct vocab_rules *rules, const char *pattern, bool drop_gaps, struct error *err)
{
	if (rules->cut_count == countof(rules->cuts))
		return refuse("pre_tokenizer", "with so many splits", err);
	rules->cuts[rules->cut_count++] = (struct vocab_cut){ mem_strdup(pattern), drop_gaps };
	return true;
}

/* Text to be found as it is, as a pattern. */
static char *quoted(const char *text)
{
	char *pattern = mem_zeroed(strlen(text) * 2 + 1, 1), *end = pattern;

	for (; *text; *end++ = *text++)
		if (strchr("\\^$.[|()?*+{}]&", *text))
			*end++ = '\\';
	return pattern;
}

static bool add_split(struct reading *r, const json_t *step, struct error *err)
{
	const json_t *pattern = json_object_get(step, "pattern");
	const char *regex = json_member_string(pattern, "Regex"), *text = json_member_string(pattern, "String");
	const char *behavior = json_member_string(step, "behavior");
	bool invert = json_is_true(json_object_get(step, "invert"));
	bool removed = behavior && strcmp(behavior, "Removed") == 0;

	if (r->byte_level)
		return refuse("pre_tokenizer", "with a Split behind ByteLevel", err);
	if (r->rules->flags & VOCAB_CHARACTERS)   /* Gemma: at spaces, of which none are left */
		return (text && strcmp(text, " ") == 0) || refuse("pre_tokenizer", "with a Split of characters", err);
	if (!behavior || !(strcmp(behavior, "Isolated") == 0 || (removed && invert)))
		return refuse("Split behavior", behavior ? behavior : "(none)", err);
	if (regex)
		return add_cut(r->rules, regex, removed, err);
	if (!text || !*text)
		return refuse("Split", "without a pattern", err);
	own_mem char *escaped = quoted(text);
	return add_cut(r->rules, escaped, removed, err);
}

static bool add_digits(struct reading *r, const json_t *step, struct error *err)
{
	bool individual = json_is_true(json_object_get(step, "individual_digits"));

	if (r->byte_level || (r->rules->flags & VOCAB_CHARACTERS))
		return refuse("pre_tokenizer", "with Digits behind ByteLevel or of characters", err);
	return add_cut(r->rules, individual ? "\\p{N}" : "\\p{N}+", false, err);
}

static bool add_byte_level(struct reading *r, const json_t *step, struct error *err)
{
	bool prefix = json_is_true(json_object_get(step, "add_prefix_space"));

	if (r->byte_level || (prefix && r->rules->cut_count))
		return refuse("pre_tokenizer", "with this use of ByteLevel", err);
	r->byte_level = true;
	if (prefix)
		r->rules->flags |= VOCAB_PREFIX_SPACE;
	return json_is_false(json_object_get(step, "use_regex")) || add_cut(r->rules, split_gpt2.p, false, err);
}

static const char space[] = "\xE2\x96\x81";   /* U+2581, which stands for one */

static bool is_text(const json_t *object, const char *key, const char *text)
{
	const char *value = json_member_string(object, key);

	return value && strcmp(value, text) == 0;
}

/* When a space is put before a word: "always", "first", "never", and as older files say it. */
static const char *prefix_scheme(const json_t *step)
{
	const char *scheme = json_member_string(step, "prepend_scheme");

	return json_is_false(json_object_get(step, "add_prefix_space")) ? "never" : scheme ? scheme : "always";
}

static bool add_metaspace(struct reading *r, const json_t *step, struct error *err)
{
	const char *scheme = prefix_scheme(step);
	bool always = strcmp(scheme, "always") == 0, first = strcmp(scheme, "first") == 0;

	if (r->byte_level || r->rules->cut_count || (r->rules->flags & VOCAB_CHARACTERS))
		return refuse("pre_tokenizer", "with this use of Metaspace", err);
	if (!is_text(step, "replacement", space) || (!always && !first && strcmp(scheme, "never")))
		return refuse("Metaspace", "with this replacement or prepend_scheme", err);
	r->rules->flags |= VOCAB_CHARACTERS | VOCAB_LATE_SPACES;
	r->rules->flags |= always ? VOCAB_PREFIX_SPACE : first ? VOCAB_PREFIX_FIRST : 0;
	r->rules->flags |= json_is_false(json_object_get(step, "split")) ? 0 : VOCAB_CUT_SPACES;
	return true;
}

static bool add_cuts(struct reading *r, const json_t *step, struct error *err);

static const struct step cut_steps[] = {
	{ "Sequence", add_cuts },
	{ "Split", add_split },
	{ "Digits", add_digits },
	{ "ByteLevel", add_byte_level },
	{ "Metaspace", add_metaspace },
	{0},
};

static bool add_cuts(struct reading *r, const json_t *step, struct error *err)
{
	return apply_all(r, "pre_tokenizer", cut_steps, step, "pretokenizers", err);
}

static bool add_nfc(
	struct reading *r, const json_t *step __attribute__((unused)), struct error *err __attribute__((unused)))
{
	r->rules->flags |= VOCAB_NFC;
	return true;
}

static bool add_prepend(struct reading *r, const json_t *step, struct error *err)
{
	if (!is_text(step, "prepend", space) || (r->rules->flags & VOCAB_PREFIX_ALWAYS))
		return refuse("normalizer", "Prepend of other than one U+2581", err);
	r->rules->flags |= VOCAB_PREFIX_ALWAYS;
	return true;
}

/* Of text `from` by `to`, which is all that is known of Replace. */
static bool is_replace(const json_t *step, const char *from, const char *to)
{
	return is_text(json_object_get(step, "pattern"), "String", from) && is_text(step, "content", to);
}

static bool add_replace(struct reading *r, const json_t *step, struct error *err)
{
	if (!is_replace(step, " ", space))
		return refuse("normalizer", "Replace of other than spaces by U+2581", err);
	r->rules->flags |= VOCAB_CHARACTERS;
	return true;
}

static bool add_normalizers(struct reading *r, const json_t *step, struct error *err);

static const struct step normalizer_steps[] = {
	{ "Sequence", add_normalizers },
	{ "NFC", add_nfc },
	{ "Prepend", add_prepend },
	{ "Replace", add_replace },
	{0},
};

static bool add_normalizers(struct reading *r, const json_t *step, struct error *err)
{
	return apply_all(r, "normalizer", normalizer_steps, step, "normalizers", err);
}

/* For byte-level tokenizers this is all, and may be left out. */
static bool add_byte_decoder(struct reading *r __attribute__((unused)), const json_t *step __attribute__((unused)),
	struct error *err __attribute__((unused)))
{
	return true;
}

static bool add_back_replace(struct reading *r, const json_t *step, struct error *err)
{
	r->spaces = is_replace(step, space, " ");
	return r->spaces || refuse("decoder", "Replace of other than U+2581 by a space", err);
}

static bool add_byte_fallback(
	struct reading *r, const json_t *step __attribute__((unused)), struct error *err __attribute__((unused)))
{
	return r->bytes = true;
}

static bool add_fuse(
	struct reading *r, const json_t *step __attribute__((unused)), struct error *err __attribute__((unused)))
{
	return r->fused = true;
}

/* At the beginning of all the text, that is of its tokens in one. */
static bool add_strip(struct reading *r, const json_t *step, struct error *err)
{
	json_int_t start = json_integer_value(json_object_get(step, "start"));

	if (!r->fused || !is_text(step, "content", " ") || start < 0 || start > 1 ||
	    json_integer_value(json_object_get(step, "stop")))
		return refuse("decoder", "Strip of other than one space before everything", err);
	r->rules->flags |= start ? VOCAB_STRIP_SPACE : 0;
	return true;
}

static bool add_back_metaspace(struct reading *r, const json_t *step, struct error *err)
{
	if (r->fused || !is_text(step, "replacement", space))
		return refuse("decoder", "Metaspace with this replacement, or behind Fuse", err);
	r->spaces = true;
	r->rules->flags |= strcmp(prefix_scheme(step), "never") ? VOCAB_STRIP_SPACES : 0;
	return true;
}

static bool add_decoders(struct reading *r, const json_t *step, struct error *err);

static const struct step decoder_steps[] = {
	{ "Sequence", add_decoders },
	{ "ByteLevel", add_byte_decoder },
	{ "Replace", add_back_replace },
	{ "ByteFallback", add_byte_fallback },
	{ "Fuse", add_fuse },
	{ "Strip", add_strip },
	{ "Metaspace", add_back_metaspace },
	{0},
};

static bool add_decoders(struct reading *r, const json_t *step, struct error *err)
{
	return apply_all(r, "decoder", decoder_steps, step, "decoders", err);
}

/* Missing, null, false, zero or empty. */
static bool is_off(const json_t *value)
{
	return !value || json_is_null(value) || json_is_false(value) ||
		(json_is_number(value) && json_number_value(value) == 0) ||
		(json_is_string(value) && json_string_length(value) == 0);
}

static bool check_model(struct vocab_rules *rules, const json_t *model, struct error *err)
{
	static const char *const unknown[] = { "dropout", "continuing_subword_prefix", "end_of_word_suffix" };
	const char *type = json_member_string(model, "type");

	if (type && strcmp(type, "BPE"))
		return refuse("model", type, err);
	for (size_t i = 0; i < countof(unknown); i++)
		if (!is_off(json_object_get(model, unknown[i])))
			return refuse("model with", unknown[i], err);
	if (json_is_true(json_object_get(model, "ignore_merges")))
		rules->flags |= VOCAB_IGNORE_MERGES;
	return true;
}

/* Whether the steps are those of one of the two kinds, and agree with the model. */
static bool check_kind(const struct reading *r, const json_t *model, struct error *err)
{
	uint32_t for_spaces = VOCAB_CHARACTERS | VOCAB_PREFIX_ALWAYS | VOCAB_STRIP_SPACE | VOCAB_STRIP_SPACES;
	bool characters = r->rules->flags & VOCAB_CHARACTERS;
	bool fallback = json_is_true(json_object_get(model, "byte_fallback"));

	if (!characters && !r->byte_level)
		return refuse("pre_tokenizer", "without ByteLevel or Metaspace", err);
	if (r->byte_level && ((r->rules->flags & for_spaces) || r->spaces || r->bytes))
		return refuse("ByteLevel with", "steps for spaces", err);
	if (r->byte_level)
		return !fallback || refuse("ByteLevel with", "byte_fallback", err);
	return (fallback || refuse("model of characters without", "byte_fallback", err)) &&
		((r->spaces && r->bytes) || refuse("decoder", "without ByteFallback and spaces", err));
}

bool vocab_rules_read(struct vocab_rules *rules, const struct vocab_source *s, struct error *err)
{
	struct reading r = { .rules = rules };

	*rules = (struct vocab_rules){0};
	if (!check_model(rules, s->model, err) ||
	    !apply(&r, "normalizer", normalizer_steps, json_object_get(s->settings, "normalizer"), err) ||
	    !apply(&r, "decoder", decoder_steps, json_object_get(s->settings, "decoder"), err) ||
	    !apply(&r, "pre_tokenizer", cut_steps, json_object_get(s->settings, "pre_tokenizer"), err))
		return false;
	return check_kind(&r, s->model, err);
}
