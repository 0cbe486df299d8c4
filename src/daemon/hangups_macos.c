/* Not written yet: server_keep_alive() finds out. */
#include "daemon/hangups.h"

#include <stddef.h>

struct hangups *hangups_start(void (*on_hang_up)(void *user), void *user)
{
	(void)on_hang_up;
	(void)user;
	return NULL;
}

void hangups_stop(struct hangups *h) { (void)h; }

void hangups_watch(struct hangups *h, int socket)
{
	(void)h;
	(void)socket;
}
