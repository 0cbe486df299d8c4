#include "base/xattrs.h"

#include <copyfile.h>
#include <stddef.h>

void xattrs_copy(int from, int to)
{
	(void)fcopyfile(from, to, NULL, COPYFILE_XATTR | COPYFILE_ACL);
}
