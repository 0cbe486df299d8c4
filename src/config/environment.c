#include "config/environment.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/vendors.h"

extern char **environ;

static const char *const hub_tokens[] = { "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", NULL };

static struct str name_of(const char *variable)
{
	return (struct str){ variable, strcspn(variable, "=") };
}

static bool stays_with_us(const char *variable)
{
	struct str name = name_of(variable);
	own_mem char *text = mem_strndup(name.p, name.n);
	bool key;

	return str_starts(name, (struct str)STR("SHAMMAH_")) || str_is_among(name, hub_tokens) ||
		(vendor_variable(text, &key) && key);
}

static bool is_replaced(const char *variable, const char *const *added)
{
	for (; added && *added; added++)
		if (str_equal(name_of(*added), name_of(variable)))
			return true;
	return false;
}

const char **environment_for_children(const char *const *added)
{
	size_t n = 0, more = 0, kept = 0;

	while (environ && environ[n])
		n++;
	while (added && added[more])
		more++;
	const char **all = mem_zeroed(n + more + 1, sizeof *all);
	for (size_t i = 0; i < n; i++)
		if (!stays_with_us(environ[i]) && !is_replaced(environ[i], added))
			all[kept++] = environ[i];
	for (size_t i = 0; i < more; i++)
		all[kept++] = added[i];
	return all;
}
