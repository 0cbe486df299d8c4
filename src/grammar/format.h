/*
 * The formats of strings that we can hold a model to, each as a pattern: whatever
 * matches is of that format.  Some are narrower than their RFC (docs/structured-output.md).
 */
#pragma once

/* The anchored pattern of a format; NULL when it is none of ours. */
const char *format_pattern(const char *name);
