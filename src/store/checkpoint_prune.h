/* Conversations whose checkpoints have to go.  Internal to store/. */
#pragma once

#include <stdint.h>

/*
 * Removes from `folder` the conversations, `ours` never, whose index was last written more
 * than `days` ago, and then the oldest while all have more than `bytes`.  What is in use
 * (its index is locked) stays.  Best effort: what cannot be removed now is next time.
 */
void checkpoints_prune(const char *folder, const char *ours, unsigned days, uint64_t bytes);

/* How many bytes a conversation's folder holds. */
uint64_t checkpoints_bytes(const char *session_folder);
