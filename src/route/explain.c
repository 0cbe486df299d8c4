#include "route/explain.h"

#include "route/answer_model.h"
#include "route/answers.h"

static json_t *rank_patterns(const struct answer_match *ranked, size_t count)
{
	json_t *ranking = json_array();

	for (size_t i = 0; i < count; i++) {
		const char *id;
		if (answer_is_pattern(ranked[i].answer, &id))
			json_array_append_new(ranking,
				json_pack("{s:s, s:f}", "pattern", id, "score", ranked[i].score));
	}
	return ranking;
}

json_t *explain_patterns(const json_t *input, struct error *err)
{
	struct answer_match ranked[ANSWERS_MAX];
	struct str text = json_member_str(input, "text");
	const char *id = NULL;

	if (!text.p) {
		error_set(err, ERROR_INVALID, "\"text\" is missing: give {\"text\": \"…\"}");
		return NULL;
	}
	size_t count = answers_rank(text, ranked, ANSWERS_MAX);
	bool given = count > 0 && ranked[0].score >= answers_bar() && answer_is_pattern(ranked[0].answer, &id);
	own_json *ranking = rank_patterns(ranked, count);
	json_t *best = json_array_get(ranking, 0);
	return json_pack("{s:s?, s:f, s:O}", "pattern", given ? id : NULL,
		"score", best ? json_real_value(json_object_get(best, "score")) : 0.0, "ranking", ranking);
}
