/*
 * The graph of a model that says given texts.
 */
#pragma once

#include "support/model/arch.h"

/*
 * What to say, as a table [count, width] of next tokens.  Row r belongs to the
 * r-th assistant turn; column c is said after the token c places behind
 * <|im_start|>.  The first columns repeat the answer's head ("assistant\n", `lead`
 * tokens); each row ends with end tokens.
 */
struct script {
	int64_t *next;
	size_t count, width;
	size_t lead;
	int64_t start;         /* <|im_start|> */
};

void arch_write_says(struct builder *b, const struct model_shape *shape, const struct script *script);
