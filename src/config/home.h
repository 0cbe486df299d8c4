/*
 * What lies in ~/.shammah: one table, so that code and documents name the same
 * files.  All are 0600 in a folder that is 0700.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum home_file {
	HOME_PID, HOME_LOG, HOME_OLD_LOG, HOME_TOKEN, HOME_HISTORY, HOME_CACHE,
	HOME_CONFIG,         /* settings, the user's own file */
	HOME_MODEL,          /* the name of the model in use, one line */
	HOME_PRECISIONS,     /* which precision of a model to load: {"OWNER/NAME": "q4"} */
	HOME_DOWNLOAD,       /* what the daemon is downloading, so that the next one goes on with it */
	HOME_OFFER,          /* there once a download was offered: it is not offered again */
	HOME_METRICS,        /* the books, a file a day (store/record.h) */
	HOME_METRICS_KEY,    /* of the hashes in them */
	HOME_CHECKPOINTS,    /* what files held before tools changed them (store/checkpoints.h) */
	HOME_LOGS,           /* what tools did, a file a day (store/audit.h); 0700 */
	HOME_PATTERNS,       /* approvals of calls given in dialogs (permit/approvals.h) */
	HOME_FILES
};

/* "daemon.pid", …; a folder's ends with '/'. */
extern const char *const home_files[HOME_FILES];

/* Makes the folder where it is not there.  False, with what to do, when nothing can be written in it. */
bool home_make(const char *home, struct error *err) must_use;

/* Its path in `home`, which the caller frees. */
char *home_path(const char *home, enum home_file file);
