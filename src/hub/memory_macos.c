#include "hub/memory.h"

#include <mach/mach.h>
#include <sys/sysctl.h>
#include <sys/types.h>
#include <unistd.h>

void memory_look(struct memory *m, const char *root)
{
	vm_statistics64_data_t pages = {0};
	mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
	size_t size = sizeof m->physical;

	(void)root;
	*m = (struct memory){0};
	if (sysctlbyname("hw.memsize", &m->physical, &size, NULL, 0) != 0)
		return;
	m->limit = m->available = m->physical;
	if (host_statistics64(mach_host_self(), HOST_VM_INFO64, (host_info64_t)&pages, &count) == KERN_SUCCESS)
		m->available = ((uint64_t)pages.free_count + pages.inactive_count) * (uint64_t)getpagesize();
}
