/* Any bytes as a question: scores are probabilities, sorted, and asking twice gives the same answer. */
#include <assert.h>
#include <stdint.h>

#include "route/answers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str question = { (const char *)data, size };
	struct answer_match ranked[4], best;
	size_t count = answers_rank(question, ranked, 4);
	const struct answer *given = answers_match(question, &best);

	for (size_t i = 0; i < count; i++) {
		assert(ranked[i].score >= 0 && ranked[i].score <= 1);
		assert(i == 0 || ranked[i - 1].score >= ranked[i].score);
	}
	assert(count == 0 ? !given && !best.answer : best.answer == ranked[0].answer);
	assert(!given || (given == best.answer && best.score >= answers_bar()));
	return 0;
}
