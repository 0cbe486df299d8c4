#include <math.h>

#include "support/model/arch.h"

const char *arch_gemma_scaled(struct arch *a, const char *embeddings)
{
	float root = (float)sqrt((double)a->shape->hidden);

	if (!(a->shape->gemma & GEMMA_SCALED))
		return embeddings;
	return build_node(a->b, "Mul", INPUTS(embeddings, build_scalar(a->b, a->real, root)));
}

const char *arch_gemma_one_more(struct arch *a, const char *weight)
{
	if (!(a->shape->gemma & GEMMA_ONE_MORE))
		return weight;
	return build_node(a->b, "Add", INPUTS(weight, build_scalar(a->b, a->real, 1)));
}

const char *arch_gemma_capped(struct arch *a, const char *logits)
{
	struct builder *b = a->b;
	const char *cap = build_scalar(b, a->real, 30);

	if (!(a->shape->gemma & GEMMA_CAPPED_LOGITS))
		return logits;
	logits = build_node(b, "Tanh", INPUTS(build_node(b, "Div", INPUTS(logits, cap))));
	return build_node(b, "Mul", INPUTS(logits, cap));
}
