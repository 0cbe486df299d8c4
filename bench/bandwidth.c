#include "bandwidth.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

enum {
	BUFFER = 512 << 20,
	AHEAD = 8192,           /* bytes asked for in advance, as products do */
};

typedef uint64_t vector __attribute__((vector_size(64)));

void bandwidth_init(struct bandwidth *b)
{
	struct error err = {0};

	if (!mapped_pages(&b->buffer, BUFFER, &err))
		mem_panic(err.text);
	memset(b->buffer.data, 1, BUFFER);
}

void bandwidth_done(struct bandwidth *b)
{
	mapped_done(&b->buffer);
}

static void read_buffer(void *user, unsigned member, unsigned members)
{
	const vector *v = user;
	size_t count = BUFFER / sizeof *v, end = count * (member + 1) / members;
	vector sums[4] = {0};

	for (size_t i = count * member / members; i + 4 <= end; i += 4)
		for (size_t k = 0; k < 4; k++) {
			__builtin_prefetch((const char *)&v[i + k] + AHEAD);
			sums[k] += v[i + k];
		}
	vector sum = sums[0] + sums[1] + sums[2] + sums[3];
	__asm__ volatile("" : : "m"(sum));
}

double bandwidth_measure(const struct bandwidth *b, struct team *team)
{
	uint64_t start = clock_ns();

	team_run(team, read_buffer, b->buffer.data);
	return BUFFER / ((double)(clock_ns() - start) / 1e9);
}
