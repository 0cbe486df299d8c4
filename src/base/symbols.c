#include "base/symbols.h"

#include <dlfcn.h>
#include <string.h>

const char *symbols_find(void *handle, const struct symbol_slot *slots, size_t count, void *functions)
{
	for (size_t i = 0; i < count; i++) {
		void *found = dlsym(handle, slots[i].name);
		if (!found)
			return slots[i].name;
		memcpy((char *)functions + slots[i].offset, &found, sizeof found);
	}
	return NULL;
}
