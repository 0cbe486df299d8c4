#include "config/report.h"

#include <stdlib.h>

#include "base/str.h"
#include "config/vendors.h"
#include "config/variables.h"

static const char *const key_names = "a key in env, apiKeyHelper";

/* What could have been in a file; NULL for one that never holds a key. */
static const char *looked_for(const char *name)
{
	struct str file = str_of(name);

	if (str_is(file, CONFIG_KEY_FILE))
		return "a key";
	if (str_ends(file, "config.toml"))
		return "[[teachers]]";
	return str_ends(file, ".json") && !str_ends(file, ".claude.json") ? key_names : NULL;
}

static void report_file(const struct config_file *f, struct buf *out)
{
	static const char *const found[CONFIG_FILE_STATES] = {
		[CONFIG_FILE_ABSENT] = "no such file", [CONFIG_FILE_READ] = "none that counts",
		[CONFIG_FILE_BROKEN] = "cannot be read: `shammah config check`",
	};
	const char *what = looked_for(f->name);

	if (what)
		buf_putf(out, "  [x] %s, %s: %s\n", f->name, what, found[f->state]);
}

/* A vendor's variables in one line; that one is set and does not help is said. */
static void report_variables(const struct vendor *v, struct buf *out)
{
	buf_put(out, "  [x] environment:");
	for (size_t i = 0; v->keys[i]; i++) {
		const char *text = getenv(v->keys[i]);
		buf_putf(out, "%s %s%s", i ? "," : "", v->keys[i],
			!text ? "" : *text ? " (set, but of no use)" : " (empty)");
	}
	buf_put(out, ": no key\n");
}

void config_key_report(const struct config *c, struct buf *out)
{
	buf_put(out, "No teacher has a key.  Looked in:\n");
	for (size_t i = 0; i < vendor_count; i++)
		if (vendors[i].keys[0])
			report_variables(&vendors[i], out);
	for (size_t i = 0; i < c->file_count; i++)
		report_file(&c->files[i], out);
	buf_put(out, "To fix this, any one of:\n"
		"  1. export ANTHROPIC_API_KEY=... (or the variable of another vendor, as above)\n"
		"  2. shammah setup\n"
		"  3. [[teachers]] in ~/.shammah/config.toml; docs/configuration.md has examples\n");
}
