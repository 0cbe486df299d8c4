#include "hub/names.h"

#include <string.h>

#include "base/utf8.h"

#define REPO_MAX 96
#define PATH_MAX_BYTES 1024
#define COMPONENT_MAX 200      /* file systems allow 255, and suffixes are added */
#define REVISION_MAX 200

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* One half of a repository's name. */
static bool half_ok(struct str half)
{
	if (!half.p || !half.n)
		return false;
	for (size_t i = 0; i < half.n; i++)
		if (!is_word(half.p[i]) && !strchr("-._", half.p[i]))
			return false;
	return is_word(half.p[0]) && half.p[half.n - 1] != '-' && half.p[half.n - 1] != '.' &&
	       !memmem(half.p, half.n, "--", 2) && !memmem(half.p, half.n, "..", 2);
}

bool name_check_repo(const char *repo, struct error *err)
{
	struct str rest = str_of(repo), first, second = { "", 0 };
	size_t n = rest.n;

	bool ok = n <= REPO_MAX && str_split(&rest, '/', &first) && half_ok(first);
	if (ok && str_split(&rest, '/', &second))
		ok = half_ok(second);
	ok = ok && rest.n == 0 && !(n > 0 && repo[n - 1] == '/') && !(n >= 4 && strcmp(repo + n - 4, ".git") == 0);
	return ok || error_set(err, ERROR_INVALID, "\"%.100s\" is no repository: expected OWNER/NAME", repo);
}

static bool component_ok(struct str c)
{
	return c.n && c.n <= COMPONENT_MAX && !str_is(c, ".") && !str_is(c, "..");
}

static bool path_ok(const char *path, size_t max)
{
	struct str rest = str_of(path), component;
	size_t n = rest.n;

	if (n == 0 || n > max || path[n - 1] == '/' || !utf8_valid(path, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)path[i] < ' ' || path[i] == 0x7f || path[i] == '\\')
			return false;
	while (str_split(&rest, '/', &component))
		if (!component_ok(component))
			return false;
	return true;
}

bool name_check_path(const char *path, struct error *err)
{
	return path_ok(path, PATH_MAX_BYTES) ||
	       error_set(err, ERROR_INVALID, "the repository has a file whose name is not safe here: refused");
}

bool name_check_revision(const char *revision, struct error *err)
{
	return path_ok(revision, REVISION_MAX) ||
	       error_set(err, ERROR_INVALID, "\"%.100s\" is no revision: expected a branch, tag or commit", revision);
}

bool name_is_commit(const char *text)
{
	size_t n = strspn(text, "0123456789abcdef");

	return text[n] == '\0' && n >= 40 && n <= 64;
}

bool name_is_hash(const char *text)
{
	size_t n = 0;

	while (is_word(text[n]) || text[n] == '-' || text[n] == '_')
		n++;
	return text[n] == '\0' && n > 0 && n <= 64;
}

bool name_quote(struct buf *url, const char *text, bool path, struct error *err)
{
	bool ok = true;

	for (; ok && *text; text++)
		ok = is_word(*text) || strchr("-._~", *text) || (path && *text == '/')
			     ? buf_add(url, text, 1, err)
			     : buf_addf(url, err, "%%%02X", (unsigned char)*text);
	return ok;
}
