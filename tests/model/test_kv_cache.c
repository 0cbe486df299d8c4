#include "model/kv_cache.h"

#include "base/mem.h"
#include "base/sys.h"
#include "support/test.h"

static struct kv_slot slots[] = { { 2, 3, 0 }, { 1, 5, 6 * sizeof(int32_t) } };

static struct kv_layout layout(bool shared)
{
	return (struct kv_layout){
		.slots = slots, .slot_count = countof(slots), .element = sizeof(int32_t),
		.token_bytes = 11 * sizeof(int32_t), .limit = 2000, .shared = shared,
	};
}

/* The number that a run writes for a place; `salt` tells sequences apart. */
static int32_t number(size_t slot, size_t head, size_t token, size_t i, int salt)
{
	return (int32_t)((((slot * 2 + head) * 2000 + token) * 5 + i) * 7) + salt;
}

static void write_run(struct kv_cache *c, size_t count, int salt)
{
	size_t total = c->length + count, stride = c->layout->shared ? c->capacity : total;

	for (size_t slot = 0; slot < countof(slots); slot++) {
		int32_t *out = kv_present(c, slot);
		const int32_t *in = kv_past(c, slot);
		for (size_t head = 0; head < slots[slot].heads; head++)
			for (size_t token = 0; token < total; token++)
				for (size_t i = 0; i < slots[slot].dimension; i++) {
					size_t from = (head * kv_stride(c) + token) * slots[slot].dimension + i;
					size_t to = (head * stride + token) * slots[slot].dimension + i;
					out[to] = token < c->length ? in[from] : number(slot, head, token, i, salt);
				}
	}
	kv_advance(c, count);
}

/* Tokens before `fork` have salt 0, the others `salt`. */
static void expect_content(const struct kv_cache *c, size_t length, size_t fork, int salt)
{
	assert_int_equal(c->length, length);
	for (size_t slot = 0; slot < countof(slots); slot++) {
		const int32_t *in = kv_past(c, slot);
		for (size_t head = 0; head < slots[slot].heads; head++)
			for (size_t token = 0; token < length; token++)
				for (size_t i = 0; i < slots[slot].dimension; i++)
					assert_int_equal(in[(head * kv_stride(c) + token) * slots[slot].dimension + i],
							 number(slot, head, token, i, token < fork ? 0 : salt));
	}
}

static void check(bool shared)
{
	struct kv_layout l = layout(shared);
	struct kv_cache c, copy;
	struct error err = {0};

	kv_init(&c, &l);
	kv_init(&copy, &l);
	assert_ok(kv_reserve(&c, 100, &err));
	write_run(&c, 100, 0);
	write_run(&c, 1, 0);
	assert_ok(kv_reserve(&c, 700, &err));     /* grows */
	expect_content(&c, 101, 101, 0);
	write_run(&c, 599, 0);
	kv_truncate(&c, 300);
	expect_content(&c, 300, 300, 0);
	assert_ok(kv_copy(&copy, &c, 200, &err));
	write_run(&c, 50, 1);
	write_run(&copy, 20, 2);
	expect_content(&c, 350, 300, 1);
	expect_content(&copy, 220, 200, 2);
	kv_truncate(&c, 0);
	expect_content(&c, 0, 0, 0);
	write_run(&c, 3, 5);
	expect_content(&c, 3, 0, 5);
	kv_done(&c);
	kv_done(&copy);
}

TEST(shared_caches_keep_their_content_through_growth_truncation_and_copies) { check(true); }
TEST(packed_caches_keep_their_content_through_growth_truncation_and_copies) { check(false); }

TEST(capacity_doubles_up_to_the_limit)
{
	struct kv_layout l = layout(true);
	struct kv_cache c;
	struct error err = {0};

	kv_init(&c, &l);
	assert_ok(kv_reserve(&c, 1, &err));
	assert_int_equal(c.capacity, 256);
	assert_ok(kv_reserve(&c, 257, &err));
	assert_int_equal(c.capacity, 512);
	assert_ok(kv_reserve(&c, 1999, &err));
	assert_int_equal(c.capacity, 2000);
	assert_int_equal(kv_bytes(&c), 2000 * 11 * sizeof(int32_t));
	kv_done(&c);
}

static int maps_until_fault;

static void *faulty_mmap(void *where, size_t n, int protection, int flags, int fd, off_t offset)
{
	return maps_until_fault-- == 0 ? MAP_FAILED : mmap(where, n, protection, flags, fd, offset);
}

/* Property: whichever allocation fails, the content is what it was. */
TEST(a_cache_that_cannot_grow_is_left_as_it_was)
{
	struct kv_layout l = layout(false);
	struct kv_cache c;
	struct error err = {0};
	int fault = 0;

	kv_init(&c, &l);
	assert_ok(kv_reserve(&c, 10, &err));
	write_run(&c, 10, 0);
	sys.mmap = faulty_mmap;
	for (;; fault++) {
		maps_until_fault = fault;
		bool ok = kv_reserve(&c, 1000, &err);
		expect_content(&c, 10, 10, 0);
		if (ok)
			break;
		assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	}
	sys.mmap = mmap;
	assert_int_equal(fault, 2);
	kv_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shared_caches_keep_their_content_through_growth_truncation_and_copies),
		cmocka_unit_test(packed_caches_keep_their_content_through_growth_truncation_and_copies),
		cmocka_unit_test(capacity_doubles_up_to_the_limit),
		cmocka_unit_test(a_cache_that_cannot_grow_is_left_as_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
