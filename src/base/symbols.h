/* A library that is opened at run time: its functions, found by their names. */
#pragma once

#include <stddef.h>

/* Where, in a struct of function pointers, a symbol's address goes. */
struct symbol_slot {
	const char *name;
	size_t offset;
};

/* Fills `functions` from what dlopen() gave.  The name of a symbol that is not there; NULL when all are. */
const char *symbols_find(void *handle, const struct symbol_slot *slots, size_t count, void *functions);
