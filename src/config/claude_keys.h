/*
 * What Claude Code itself may have in its settings files and we do not read:
 * https://code.claude.com/docs/en/settings (2.1.240).  Such keys are no mistake.
 */
#pragma once

#include <stdbool.h>

bool claude_key_known(const char *name);
