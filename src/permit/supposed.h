/* Links to suppose, for the judges of `shammah explain`: nothing is looked up. */
#pragma once

#include "base/json.h"
#include "permit/path.h"

struct supposed;

/*
 * [{"link", "target"}], or NULL for none; links are absolute, relative to the question's cwd, or begin with
 * ~/.  The texts stay the list's.
 */
struct supposed *supposed_read(const json_t *list, const struct path_question *q, struct error *err) must_use;
void supposed_destroy(struct supposed **s);
#define own_supposed owns(supposed_destroy) struct supposed

const struct path_links *supposed_links(const struct supposed *s);
