/*
 * A new key is written whole under another name and linked to its own, which fails
 * where another process was faster: then that one's is read.
 */
#include "store/query_hash.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/random.h"
#include "config/home.h"

#define DIGITS 64

static bool is_key(const char *text, size_t n)
{
	return n == DIGITS && strspn(text, "0123456789abcdef") == DIGITS;
}

static bool read_key(const char *path, struct query_key *key, struct error *err)
{
	size_t n;
	own_mem char *text = file_read(path, DIGITS + 1, &n, err);

	if (!text)
		return false;
	if (!is_key(text, n))
		return error_set(err, ERROR_INVALID, "%s holds no key; delete it, and a new one is made", path);
	memcpy(key->hex, text, sizeof key->hex);
	return true;
}

static bool make_key(const char *home, const char *path, struct error *err)
{
	own_mem char *fresh = mem_printf("%s.new.%ld", path, (long)getpid());
	char hex[DIGITS + 1];

	if (!random_hex(hex, DIGITS, err) || !path_make(home, 0700, err) || !file_write(fresh, str_of(hex), 0600, err))
		return false;
	bool ok = link(fresh, path) == 0 || errno == EEXIST || error_errno(err, "cannot create %s", path);
	(void)unlink(fresh);
	explicit_bzero(hex, sizeof hex);
	return ok;
}

bool query_key_load(const char *home, struct query_key *key, struct error *err)
{
	own_mem char *path = home_path(home, HOME_METRICS_KEY);

	return (access(path, F_OK) == 0 || make_key(home, path, err)) && read_key(path, key, err);
}

void query_hash(const struct query_key *key, struct str text, char hex[SHA_HEX_MAX + 1])
{
	sha_hmac_hex(str_of(key->hex), text, hex);
}
