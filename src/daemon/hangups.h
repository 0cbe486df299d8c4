/*
 * Notices at once that a client has left an answer which waits.
 *
 * libmicrohttpd does not look at a suspended connection, and looking around every
 * two seconds (server_keep_alive) would leave a teacher talking to nobody for so
 * long.  One thread sleeps until any of the sockets it was shown is closed from the
 * other side.  Linux only; elsewhere there is none, and that round is all there is.
 */
#pragma once

struct hangups;

/* `on_hang_up` is called from its thread, and finds out itself who it was.  NULL: not here. */
struct hangups *hangups_start(void (*on_hang_up)(void *user), void *user);
void hangups_stop(struct hangups *h);

/* Shows it a socket, once for each answer that waits; closing it is enough to be forgotten.  NULL is allowed. */
void hangups_watch(struct hangups *h, int socket);
