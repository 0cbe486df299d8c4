/*
 * libgit2, opened when a repository is first looked at and not before: it brings Kerberos,
 * SSH and TLS along, which nothing here needs.
 */
#pragma once

#include <git2.h>

#include "base/error.h"

/* Every function of libgit2 that we call. */
#define GIT_FUNCTIONS(each) \
	each(git_libgit2_init) each(git_error_last) each(git_repository_open_ext) each(git_repository_free) \
	each(git_repository_workdir) each(git_status_list_new) each(git_status_list_entrycount) \
	each(git_status_byindex) each(git_status_list_free) each(git_blob_lookup) each(git_blob_free) \
	each(git_blob_filter) each(git_blob_rawsize) each(git_buf_dispose) each(git_oid_fromstr) each(git_oid_tostr) \
	each(git_repository_index) each(git_index_entrycount) each(git_index_free)

struct git_library {
#define GIT_SLOT(name) __typeof__(name) *name;
	GIT_FUNCTIONS(GIT_SLOT)
#undef GIT_SLOT
};

/*
 * The library, ready for use from any thread; opened by the first call and never closed.
 * NULL when it is missing; later calls say the same.
 */
const struct git_library *git_library(struct error *err) must_use;
