/* A page of results, and the same bytes as a question for the screen: what comes out is clean and bounded. */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "permit/url.h"
#include "tool/search_provider.h"
#include "tool/search_screen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 202, 403, 500 };
	struct str page = { (const char *)data, size };
	const struct web_domains everywhere = {0};
	own_web_results results = {0};
	struct error err = {0};

	(void)search_screen(page);
	if (!size)
		return 0;
	int status = statuses[data[0] % 4];
	if (!search_providers[0].read(status, str_from(page, 1), NULL, &everywhere, &results, &err))
		assert(err.kind != ERROR_NONE && results.n == 0);
	for (size_t i = 0; i < results.n; i++) {
		const struct web_result *r = &results.items[i];
		struct url_judgement j;
		url_judge(str_of(r->url), &j);
		assert(j.verdict != VERDICT_NEVER && r->title[0]);
		assert(!strpbrk(r->title, "\r\n") && !strpbrk(r->snippet, "\r\n"));
		assert(utf8_valid(r->title, strlen(r->title)) && utf8_valid(r->snippet, strlen(r->snippet)));
	}
	return 0;
}
