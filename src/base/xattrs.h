/* What a file has beside its bytes and its mode: access lists, labels, attributes of the user's. */
#pragma once

/* Gives them to another file, as far as its file system and our rights allow; two open descriptors. */
void xattrs_copy(int from, int to);
