/*
 * The tokenizer of a test model: a tiny one of our own, written as a Hugging Face
 * tokenizer.json, and just enough reading of such files to turn a text into some
 * tokens that spell it.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/*
 * tokenizer.json and tokenizer_config.json: byte-level BPE as Qwen2's (its regular
 * expression, its special tokens), 256 bytes and a few hundred merges.
 */
bool vocabulary_write(const char *dir, struct error *err) must_use;

/* Links both files from another folder. */
bool vocabulary_link(const char *dir, const char *from, struct error *err) must_use;

struct vocabulary;

/* Reads dir/tokenizer.json. */
struct vocabulary *vocabulary_load(const char *dir, struct error *err) must_use;
void vocabulary_destroy(struct vocabulary *v);
static inline void vocabulary_release(struct vocabulary **v) { vocabulary_destroy(*v); }
#define own_vocabulary owns(vocabulary_release) struct vocabulary

/* One more than the largest id. */
size_t vocabulary_size(const struct vocabulary *v);

/* The id of the token with exactly these bytes (or that special name). */
bool vocabulary_find(const struct vocabulary *v, const char *token, int64_t *id, struct error *err) must_use;

/* The longest token that matches, again and again; at most text.n ids.  Fails where no token begins. */
bool vocabulary_spell(const struct vocabulary *v, struct str text, int64_t *ids, size_t *count, struct error *err)
	must_use;

/* Byte-level BPE writes each byte as one printable character (GPT-2's table). */
uint32_t byte_character(uint8_t byte);
