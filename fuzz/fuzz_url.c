/* A URL: the verdict has a reason, the host what hosts may hold, and the judgement of the host alone agrees. */
#include <assert.h>

#include "base/buf.h"
#include "permit/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct url_judgement j, again;
	struct error err = {0};
	own_buf url = BUF_INIT(1 << 12);

	url_judge((struct str){ (const char *)data, size }, &j);
	assert(j.why && strlen(j.host) <= URL_HOST_MAX);
	if (j.verdict == VERDICT_NEVER)
		return 0;
	assert(j.host[0] && !strpbrk(j.host, "/@\\%#?[] "));
	assert(strchr(j.host, ':') ? buf_addf(&url, &err, "https://[%s]:%u/", j.host, j.port) :
		buf_addf(&url, &err, "https://%s:%u/", j.host, j.port));
	url_judge(buf_str(&url), &again);
	assert(again.verdict != VERDICT_NEVER && strcmp(again.host, j.host) == 0);
	return 0;
}
