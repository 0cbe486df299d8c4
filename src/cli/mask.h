/* Secrets, as people may see them. */
#pragma once

#include <stddef.h>

#define MASK_TEXT 32

/* "sk-ant-...wxyz", or for a short one only its length; returns `out`. */
const char *mask_secret(const char *secret, char out[MASK_TEXT]);
