#include "base/path.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sys.h"

char *path_join(const char *directory, const char *name)
{
	size_t len = strlen(directory);
	const char *slash = len && directory[len - 1] == '/' ? "" : "/";

	return mem_printf("%s%s%s", directory, slash, name);
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A relative one would be another folder wherever we stand, and in a project its judges would not know it. */
static char *absolute(const char *path, const char *variable, struct error *err)
{
	if (path[0] == '/')
		return mem_strdup(path);
	error_set(err, ERROR_INVALID, "%s must be an absolute path: it is `%.200s`", variable, path);
	return NULL;
}

char *path_home(struct error *err)
{
	const char *home = getenv("HOME");
	const struct passwd *user = home && *home ? NULL : getpwuid(geteuid());

	if (user)
		home = user->pw_dir;
	if (!home || !*home) {
		error_set(err, ERROR_NOT_FOUND,
			"no home directory: set HOME, or SHAMMAH_HOME to a folder for Shammah's files");
		return NULL;
	}
	return absolute(home, "HOME", err);
}

char *path_shammah(struct error *err)
{
	const char *own = getenv("SHAMMAH_HOME");

	if (own && *own)
		return absolute(own, "SHAMMAH_HOME", err);
	own_mem char *home = path_home(err);
	return home ? path_join(home, ".shammah") : NULL;
}

static bool make_one(const char *directory, unsigned mode, struct error *err)
{
	if (sys.mkdir(directory, mode) == 0)
		return true;
	int reason = errno;
	if (path_is_directory(directory))
		return true;
	errno = reason;
	return error_errno(err, "cannot create the folder %s", directory);
}

bool path_make(const char *directory, unsigned mode, struct error *err)
{
	own_mem char *partial = mem_strdup(directory);

	for (char *slash = strchr(partial + (*partial == '/'), '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (!path_is_directory(partial) && !make_one(partial, mode, err))
			return false;
		*slash = '/';
	}
	return make_one(partial, mode, err);
}

bool path_is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool path_is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}
