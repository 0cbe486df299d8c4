#include "base/sha.h"

#include "base/cleanup.h"
#include "support/random.h"
#include "support/test.h"

static void digest(enum sha_kind kind, struct str text, char hex[SHA_HEX_MAX + 1])
{
	struct sha s;

	sha_init(&s, kind);
	sha_feed(&s, text);
	sha_hex(&s, hex);
}

static void assert_digest(enum sha_kind kind, const char *text, const char *expected)
{
	char hex[SHA_HEX_MAX + 1];

	for (int plain = 0; plain < 2; plain++) {
		sha_use_plain_code(plain);
		digest(kind, str_of(text), hex);
		assert_string_equal(hex, expected);
	}
	sha_use_plain_code(false);
}

/* FIPS 180-2, appendices A and B. */
TEST(the_examples_of_the_standard_hold)
{
	static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

	assert_digest(SHA_1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_digest(SHA_1, two_blocks, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
	assert_digest(SHA_1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	assert_digest(SHA_256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_digest(SHA_256, two_blocks, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	assert_digest(SHA_256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* RFC 4231, cases 1, 2, 3, 6 and 7. */
TEST(the_examples_of_hmac_hold)
{
	static const char large[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	static const char larger[] =
		"This is a test using a larger than block-size key and a larger than block-size data. "
		"The key needs to be hashed before being used by the HMAC algorithm.";
	const struct { char fill; size_t n; const char *message; const char *mac; } cases[] = {
		{ 0x0b, 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ (char)0xaa, 131, large, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
		{ (char)0xaa, 131, larger, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
	};
	char hex[SHA_HEX_MAX + 1], key[131], dd[50];

	for (size_t i = 0; i < countof(cases); i++) {
		memset(key, cases[i].fill, sizeof key);
		sha_hmac_hex((struct str){ key, cases[i].n }, str_of(cases[i].message), hex);
		assert_string_equal(hex, cases[i].mac);
	}
	sha_hmac_hex(str_of("Jefe"), str_of("what do ya want for nothing?"), hex);
	assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(dd, 0xdd, sizeof dd);
	memset(key, 0xaa, sizeof key);
	sha_hmac_hex((struct str){ key, 20 }, (struct str){ dd, sizeof dd }, hex);
	assert_string_equal(hex, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
}

TEST(a_million_letters_have_the_digest_of_the_standard)
{
	own_mem char *text = malloc(1000001);

	memset(text, 'a', 1000000);
	text[1000000] = '\0';
	assert_digest(SHA_1, text, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
	assert_digest(SHA_256, text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(any_cut_and_either_code_give_one_digest)
{
	uint64_t r = 1;
	char bytes[1000], whole[SHA_HEX_MAX + 1], cut[SHA_HEX_MAX + 1];

	for (int round = 0; round < 2000; round++) {
		enum sha_kind kind = random_below(&r, 2) ? SHA_256 : SHA_1;
		size_t n = random_below(&r, (uint32_t)sizeof bytes);
		struct str rest = { bytes, n };
		struct sha s;
		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)random_below(&r, 256);
		sha_use_plain_code(true);
		digest(kind, rest, whole);
		sha_use_plain_code(false);
		sha_init(&s, kind);
		while (rest.n) {
			size_t piece = 1 + random_below(&r, (uint32_t)rest.n);
			sha_feed(&s, (struct str){ rest.p, piece });
			rest = str_from(rest, piece);
		}
		sha_hex(&s, cut);
		assert_string_equal(whole, cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_standard_hold),
		cmocka_unit_test(the_examples_of_hmac_hold),
		cmocka_unit_test(a_million_letters_have_the_digest_of_the_standard),
		cmocka_unit_test(any_cut_and_either_code_give_one_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
