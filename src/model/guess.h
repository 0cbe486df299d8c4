/*
 * Guesses at the next tokens, from the sequence's own text: where its last few
 * tokens stood before, what followed them then follows again surprisingly often
 * (code that is edited, names, quotations).  "Prompt lookup decoding", Saxena
 * 2023; Yang et al., "Inference with Reference", 2023.
 *
 * A guess costs a row in the model's next run, and saves a run when it is right;
 * nothing else depends on it.  How many are worth it is learned from how the last
 * ones fared: more after success, none for a while after failures.  One thread at
 * a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define GUESSES_MAX 16         /* at once */

struct guesser;

struct guesser *guesser_create(void);
void guesser_destroy(struct guesser *g);      /* accepts NULL */

/* Tokens that the sequence goes on with. */
void guesser_add(struct guesser *g, const int32_t *tokens, size_t count);

/*
 * Guesses what follows the sequence: at most `most` tokens into `out`, 0 when there
 * is nothing to go by or guessing has not been worth it.  Once for every token or
 * run of tokens.
 */
size_t guesser_propose(struct guesser *g, int32_t *out, size_t most);

/*
 * How many of the last guesses, one or more, were right, from the first on; those
 * and the token that came after them are added before the next guess.
 */
void guesser_judge(struct guesser *g, size_t proposed, size_t right);
