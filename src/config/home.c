#include "config/home.h"

#include <unistd.h>

#include "base/path.h"

const char *const home_files[HOME_FILES] = {
	[HOME_PID] = "daemon.pid",
	[HOME_LOG] = "daemon.log",
	[HOME_OLD_LOG] = "daemon.log.1",
	[HOME_TOKEN] = "daemon.token",
	[HOME_HISTORY] = "history",
	[HOME_CACHE] = "cache/",
	[HOME_CONFIG] = "config.toml",
	[HOME_MODEL] = "model",
	[HOME_PRECISIONS] = "precisions.json",
	[HOME_DOWNLOAD] = "download.json",
	[HOME_OFFER] = "offer",
	[HOME_METRICS] = "metrics/",
	[HOME_METRICS_KEY] = "metrics.key",
	[HOME_CHECKPOINTS] = "checkpoints/",
	[HOME_LOGS] = "logs/",
	[HOME_PATTERNS] = "tool_patterns.json",
};

bool home_make(const char *home, struct error *err)
{
	bool made = path_make(home, 0700, err);

	if (made && access(home, W_OK | X_OK) == 0)
		return true;
	if (made)
		error_errno(err, "nothing can be written in %s", home);
	struct error why = *err;
	return error_set(err, why.kind, "%s (SHAMMAH_HOME can name another folder)", why.text);
}

char *home_path(const char *home, enum home_file file)
{
	return path_join(home, home_files[file]);
}
