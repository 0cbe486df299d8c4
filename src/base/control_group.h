/*
 * The control groups that this process is in: a container, a systemd slice.
 *
 * Each may allow less than the machine has, and each group around it less again:
 * the least of all counts.  Sources: proc(5), and the kernel's documents on
 * control groups, versions 1 and 2.  Where there are none, nothing is found.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef void control_group_fn(void *user, const char *folder);

/*
 * Calls fn with the folder of each group of version 2 (`controller` NULL), or of a
 * controller of version 1, from the innermost outwards.  `root` stands before /proc
 * and /sys: "" but in tests.  Looks anew each time; any thread.
 */
void control_groups_visit(const char *root, const char *controller, control_group_fn *fn, void *user);

/* The text of a file there, for the caller to free; NULL when it cannot be read. */
char *control_group_text(const char *folder, const char *name);

/* The number that it begins with; false where it says something else ("max"). */
bool control_group_number(const char *folder, const char *name, uint64_t *value);
