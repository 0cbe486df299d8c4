#include "base/inherit.h"

int inherit_below(int first, posix_spawn_file_actions_t *files, short *flags)
{
	(void)flags;
	return posix_spawn_file_actions_addclosefrom_np(files, first);   /* glibc 2.34 */
}
