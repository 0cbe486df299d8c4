/* What is masked, what is left, and that time grows with length. */
#include "permit/secrets.h"

#include "base/mem.h"
#include "support/random.h"
#include "support/test.h"

/* Built from parts, so that no scanner takes this file for a leak. */
#define ANT "sk-" "ant-api03-Ab3dEf6hIj9kLmNoP2rStUvWx"
#define GHP "ghp" "_16C7e42F292c6912E7710c838347Ae178B4a"

static char *mask(const char *text)
{
	own_buf out = BUF_INIT(1 << 22);
	struct error err = {0};

	assert_ok(secrets_mask(str_of(text), &out, &err));
	return buf_detach(&out, NULL);
}

struct masked_case {
	const char *text, *expected;
};

static void check(const struct masked_case *cases, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		own_mem char *out = mask(cases[i].text);
		if (strcmp(out, cases[i].expected) == 0)
			continue;
		print_error("%s\n  gives %s\n  not   %s\n", cases[i].text, out, cases[i].expected);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

TEST(masks_keys_of_vendors_by_their_looks)
{
	static const struct masked_case cases[] = {
		{ "key " ANT " here", "key sk-ant-[masked] here" },
		{ GHP, "ghp_[masked]" }, { "(" GHP ")", "(ghp_[masked])" },
		{ "sk-" "proj-abcDEF123456789012345", "sk-proj-[masked]" },
		{ "github" "_pat_11ABCDEFG0123456789_abcdefghij", "github_pat_[masked]" },
		{ "AKIA" "IOSFODNN7EXAMPLE", "AKIA[masked]" }, { "ASIA" "IOSFODNN7EXAMPLE", "ASIA[masked]" },
		{ "xoxb" "-123456789012-abcdefABCDEF", "xoxb-[masked]" },
		{ "AIza" "SyA1234567890abcdefghijklmnopqrstuv", "AIza[masked]" },
		{ "hf" "_abcdefGHIJKLMNOPQ1234567890xyz", "hf_[masked]" },
		{ "glpat" "-abcdEFGH1234ijkl5678", "glpat-[masked]" },
		{ "npm" "_abcdefghijABCDEFGHIJ0123456789abcdef", "npm_[masked]" },
		{ "eyJ" "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w", "eyJ[masked]" },
		{ "gsk" "_0123456789abcdefghijklmn.", "gsk_[masked]." },
		{ "curl -H 'Authorization: Bearer " ANT "'", "curl -H 'Authorization: Bearer [masked]'" },
		{ "bearer 0123456789abcdefABCDEF", "bearer [masked]" },
	};

	check(cases, countof(cases));
}

TEST(masks_values_by_their_names)
{
	static const struct masked_case cases[] = {
		{ "password=hunter2 ls", "password=[masked] ls" },
		{ "export DB_PASSWORD='hunter two'", "export DB_PASSWORD='[masked]'" },
		{ "{\"password\": \"hunter2\", \"user\": \"bob\"}", "{\"password\": \"[masked]\", \"user\": \"bob\"}" },
		{ "{\\\"password\\\": \\\"hunter2\\\"}", "{\\\"password\\\": \\\"[masked]\\\"}" },
		{ "  password: hunter\n  user: bob", "  password: [masked]\n  user: bob" },
		{ "password = hunter2", "password = [masked]" },
		{ "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "AWS_SECRET_ACCESS_KEY=[masked]" },
		{ "STRIPE_KEY=a8s7df6g8h7jk6as8d7f6", "STRIPE_KEY=[masked]" },
		{ "MY_TOKEN=abcd1234efgh", "MY_TOKEN=[masked]" },
		{ "?access_token=abcd1234efgh&x=1", "?access_token=[masked]&x=1" },
		{ "tool --password hunter2 --verbose", "tool --password [masked] --verbose" },
		{ "tool --api-key=k3yk3yk3y", "tool --api-key=[masked]" },
		{ "Authorization: Basic dXNlcjpwYXNzd29yZA==", "Authorization: Basic [masked]" },
		{ "Cookie: session4=8f7a6s5d4f3a2s1d", "Cookie: [masked]" },
		{ "X-Api-Key: 8f7a6s5d4f3a2s1d", "X-Api-Key: [masked]" },
		{ "curl -u bob:hunter2 https://x.example", "curl -u bob:[masked] https://x.example" },
		{ "mysql -phunter2 db", "mysql -p[masked] db" }, { "sshpass -p hunter2 ssh h",
		"sshpass -p [masked] ssh h" },
	};

	check(cases, countof(cases));
}

TEST(masks_credentials_in_addresses_and_private_keys)
{
	static const struct masked_case cases[] = {
		{ "git clone https://bob:hunter2@x.example/r.git", "git clone https://bob:[masked]@x.example/r.git" },
		{ "postgres://u:p%40ss@db:5432/x", "postgres://u:[masked]@db:5432/x" },
		{ "https://0123456789abcdefABCDEF@x.example", "https://[masked]@x.example" },
		{ "a\n-----BEGIN RSA " "PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nb",
			"a\n-----BEGIN RSA " "PRIVATE KEY-----[masked]-----END RSA PRIVATE KEY-----\nb" },
		{ "-----BEGIN OPENSSH " "PRIVATE KEY-----\nb3Blbn", "-----BEGIN OPENSSH " "PRIVATE KEY-----[masked]" },
	};

	check(cases, countof(cases));
}

TEST(leaves_ordinary_code_and_commands_alone)
{
	static const char *const texts[] = {
		"token = next_token(parser);", "struct token *token = lexer->token;", "if (token == TOKEN_END) return;",
		"max_tokens=4096", "\"prompt_tokens\": 151643", "tokenizer=\"cl100k_base\"", "password: string;",
		"def login(self, password: str, token: str | None = None):", "f(password=password, token=self.token)",
		"const key = event.key;", "key: \"value\"", "primary_key = \"user_id\"", "for key, value in items:",
		"password = getpass.getpass()", "password=$PASSWORD", "TOKEN=${TOKEN:-}",
		"Authorization: Bearer $TOKEN",
		"\"Authorization\": `Bearer ${token}`", "password=<your password>", "API_KEY=your-key-here",
		"secrets.token_hex(16)", "password=None", "https://x.example/a@b", "http://localhost:8080/x?token=",
		"git@github.com:owner/repo.git", "ssh://git@x.example/r.git", "sk-loading-spinner-large-blue-circle",
		"hf_hub_download(repo_id)", "npm_config_registry_setting", "d1c2b3a4e5f60718293a4b5c6d7e8f9012345678",
		"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"docker run -p 8080:80 -u 1000:1000 x",
		"PWD=/home/me/p", "cd $OLDPWD", "git push origin main", "std::string token::name = token::get();",
		"[tool.poetry]\nkey-file = \"x\"", "monkey = banana", "keyboard: us",
		"<input type=\"password\" name=\"pw\">",
		"// the password: see the manual", "author: bob", "compass=north", "token: Token,",
		"session = Session()",
		"eyJust a word", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
		"\"token\": \"identifier\"",
		"grep -rn 'password' src", "ls *.key", "tar -xzf a.tar.gz", "make CFLAGS=-O2 -j8",
		"#define KEY_ESCAPE 27",
		"signature: (a: number) => void", "-p 22", "mysql -h db -u root -p", "Bearer of bad news",
	};
	size_t wrong = 0;

	for (size_t i = 0; i < countof(texts); i++) {
		own_mem char *out = mask(texts[i]);
		if (strcmp(out, texts[i]) != 0) {
			print_error("%s\n  becomes %s\n", texts[i], out);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

TEST(a_key_is_masked_whatever_stands_around_it)
{
	static const char *const pieces[] = { "password=", "\"token\": \"", "\"", "hunter2", " ", "\n",
		"https://a:b@c/", "Authorization: ", "Bearer ", "-----BEGIN PRIVATE KEY-----", "-----END", "x ", "KEY=",
		"a1b2c3d4e5f6g7h8i9", "\\", "'", "curl -u ", "m:n", SECRET_MASK, "--password ", "://", "@" };
	uint64_t seed = 7;

	for (int round = 0; round < 50000; round++) {
		own_buf text = BUF_INIT(1 << 16);
		uint32_t where = random_below(&seed, 8);
		for (uint32_t i = 0; i < 8; i++)
			buf_putf(&text, "%s%s", i == where ? " " GHP " " : "",
				pieces[random_below(&seed, countof(pieces))]);
		own_mem char *masked = mask(text.data);
		if (strstr(masked, "16C7e42F"))
			fail_msg("%s\nbecomes %s", text.data, masked);
	}
}

TEST(arguments_are_masked_and_cut_with_their_length)
{
	struct error err = {0};
	own_mem char *long_text = mem_strndup("x", 1);
	own_json *input = json_pack("{s:s, s:s, s:{s:s}, s:[i, s], s:b}", "command", "export TOKEN=abcd1234efgh",
		"password",
		"hunter2", "headers", "Authorization", "abc", "list", 1, GHP, "flag", 1);
	own_buf out = BUF_INIT(1 << 16);

	own_json *masked = secrets_arguments(input, 100);
	assert_ok(json_write(&out, masked, &err));
	assert_string_equal(out.data, "{\"command\":\"export TOKEN=[masked]\",\"password\":\"[masked]\",\"headers\":"
		"{\"Authorization\":\"[masked]\"},\"list\":[1,\"ghp_[masked]\"],\"flag\":true}");
	free(long_text);
	long_text = mem_alloc(100001);
	memset(long_text, 'x', 100000);
	memcpy(long_text + 90, GHP, strlen(GHP));          /* across the cut */
	long_text[100000] = '\0';
	long_text[89] = ' ';
	own_json *cut = json_pack("{s:s}", "content", long_text), *after = secrets_arguments(cut, 100);
	const char *text = json_member_string(after, "content");
	assert_non_null(strstr(text, "ghp_[mas"));
	assert_non_null(strstr(text, "… (100000 bytes)"));
	assert_in_range(strlen(text), 100, 130);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_keys_of_vendors_by_their_looks),
		cmocka_unit_test(masks_values_by_their_names),
		cmocka_unit_test(masks_credentials_in_addresses_and_private_keys),
		cmocka_unit_test(leaves_ordinary_code_and_commands_alone),
		cmocka_unit_test(a_key_is_masked_whatever_stands_around_it),
		cmocka_unit_test(arguments_are_masked_and_cut_with_their_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
