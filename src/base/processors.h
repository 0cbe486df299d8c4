/*
 * How many processors this process can keep busy.
 */
#pragma once

/*
 * Those it may run on, or fewer where a control group (a container) allows it less
 * time than they have; a part of one counts as one.  At least 1.  `root` stands
 * before /proc and /sys: "" but in tests.  Looks anew each time; any thread.
 */
unsigned processors_usable(const char *root);
