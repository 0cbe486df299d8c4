/*
 * make-model: writes a test model from the command line, for benches and by hand.
 * Every option but --size is a member of struct model_shape, found by its place.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/models.h"

#define SAYS_MAX 64

static const char usage[] =
	"make-model DIR [--size tiny|0.5b|1.5b] [--attention plain|gqa] [--precision fp32|fp16|int8|q4|q4f16]\n"
	"               [--separate-head] [--position-ids] [--packed-qkv] [--last-logits] [--external]\n"
	"               [--head-norms] [--no-biases] [--gemma TRAITS]\n"
	"               [--accuracy-level N] [--layers N] [--vocab N] [--context N] [--seed N] [--tokenizer DIR]\n"
	"               [--safetensors] [--says TEXT]...\n"
	"--safetensors also writes the weights as Hugging Face's libraries read them.\n";

static const struct {
	const char *name;
	struct model_shape shape;
} sizes[] = { { "tiny", { MODEL_TINY } }, { "0.5b", { MODEL_QWEN2_0_5B } }, { "1.5b", { MODEL_QWEN2_1_5B } } };

enum kind { KIND_FLAG, KIND_INT, KIND_SIZE, KIND_CHOICE, KIND_TEXT };

#define MEMBER(member) offsetof(struct model_shape, member)

static const struct setting {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *choices[PRECISION_COUNT + 1];      /* in the order of the enum */
} settings[] = {
	{ "--attention", KIND_CHOICE, MEMBER(attention), { "plain", "gqa" } },
	{ "--precision", KIND_CHOICE, MEMBER(precision), { "fp32", "fp16", "int8", "q4", "q4f16" } },
	{ "--separate-head", KIND_FLAG, MEMBER(separate_head) },
	{ "--position-ids", KIND_FLAG, MEMBER(position_ids) },
	{ "--packed-qkv", KIND_FLAG, MEMBER(packed_qkv) },
	{ "--last-logits", KIND_FLAG, MEMBER(last_logits) },
	{ "--head-norms", KIND_FLAG, MEMBER(head_norms) },
	{ "--no-biases", KIND_FLAG, MEMBER(no_biases) },
	{ "--gemma", KIND_INT, MEMBER(gemma) },
	{ "--external", KIND_FLAG, MEMBER(external) },
	{ "--accuracy-level", KIND_INT, MEMBER(accuracy_level) },
	{ "--layers", KIND_SIZE, MEMBER(layers) },
	{ "--vocab", KIND_SIZE, MEMBER(vocab) },
	{ "--context", KIND_SIZE, MEMBER(context) },
	{ "--seed", KIND_SIZE, MEMBER(seed) },
	{ "--tokenizer", KIND_TEXT, MEMBER(tokenizer) },
};

_Static_assert(sizeof(enum attention_form) == sizeof(int) &&
	sizeof(size_t) == sizeof(uint64_t), "settings are set by size");

static const struct setting *find_setting(const char *name)
{
	for (size_t i = 0; i < countof(settings); i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	return NULL;
}

/* False when the value is not one of the choices. */
static bool apply(const struct setting *setting, const char *value, struct model_shape *shape)
{
	void *member = (char *)shape + setting->offset;

	switch (setting->kind) {
	case KIND_FLAG: *(bool *)member = true; return true;
	case KIND_INT:  *(int *)member = atoi(value); return true;
	case KIND_SIZE: *(size_t *)member = strtoull(value, NULL, 10); return true;
	case KIND_TEXT: *(const char **)member = value; return true;
	case KIND_CHOICE:
		for (int i = 0; setting->choices[i]; i++) {
			if (strcmp(setting->choices[i], value) == 0) {
				*(int *)member = i;
				return true;
			}
		}
	}
	return false;
}

static bool choose_size(char **args, struct model_shape *shape)
{
	const char *wanted = "tiny";

	for (; *args; args++)
		if (strcmp(*args, "--size") == 0 && args[1])
			wanted = args[1];
	for (size_t i = 0; i < countof(sizes); i++) {
		if (strcmp(sizes[i].name, wanted) == 0) {
			*shape = sizes[i].shape;
			return true;
		}
	}
	return false;
}

static bool read_arguments(char **args, struct model_shape *shape, const char *says[SAYS_MAX + 1], bool *safetensors)
{
	size_t count = 0;

	if (!choose_size(args, shape))
		return false;
	while (*args) {
		const struct setting *setting = find_setting(*args);
		const char *name = *args++;

		if (setting && setting->kind == KIND_FLAG) {
			apply(setting, NULL, shape);
			continue;
		}
		if (strcmp(name, "--safetensors") == 0) {
			*safetensors = true;
			continue;
		}
		if (!*args || (setting && !apply(setting, *args, shape)))
			return false;
		if (!setting && strcmp(name, "--says") == 0 && count < SAYS_MAX)
			says[count++] = *args;
		else if (!setting && strcmp(name, "--size") != 0)
			return false;
		args++;
	}
	shape->says = count > 0 ? says : NULL;
	return true;
}

int main(int argc, char **argv)
{
	const char *says[SAYS_MAX + 1] = { NULL };
	struct model_shape shape;
	struct error err = { 0 };
	bool safetensors = false;

	if (argc < 2 || argv[1][0] == '-' || !read_arguments(argv + 2, &shape, says, &safetensors)) {
		fputs(usage, stderr);
		return 2;
	}
	if (!model_write(argv[1], &shape, &err) || (safetensors && !model_write_weights(argv[1], &shape, &err))) {
		fprintf(stderr, "make-model: %s\n", err.text);
		return 1;
	}
	return 0;
}
