/*
 * /proc/net/tcp names the socket that listens on a port by its inode; the
 * process that holds it has a link "socket:[inode]" among its descriptors.
 * Processes of other users cannot be looked into; then nobody is named.
 * Formats: proc(5).
 */
#include "daemon/life.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LISTENING 0x0A

static unsigned long listening_inode(uint16_t port)
{
	FILE *table = fopen("/proc/net/tcp", "re");
	char line[512];
	unsigned long found = 0;

	while (table && !found && fgets(line, sizeof line, table)) {
		unsigned local_port, state;
		unsigned long inode;
		if (sscanf(line, " %*d: %*8x:%4x %*8x:%*4x %2x %*x:%*x %*x:%*x %*x %*u %*u %lu", &local_port, &state,
			&inode) == 3 &&
		    local_port == port && state == LISTENING)
			found = inode;
	}
	if (table)
		fclose(table);
	return found;
}

static bool holds(const char *pid, unsigned long inode)
{
	char folder[300], wanted[64], link[700], target[64];
	bool found = false;

	snprintf(folder, sizeof folder, "/proc/%s/fd", pid);
	snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
	DIR *dir = opendir(folder);
	for (struct dirent *entry; dir && !found && (entry = readdir(dir)); ) {
		snprintf(link, sizeof link, "%s/%s", folder, entry->d_name);
		ssize_t n = readlink(link, target, sizeof target - 1);
		target[n > 0 ? n : 0] = '\0';
		found = strcmp(target, wanted) == 0;
	}
	if (dir)
		closedir(dir);
	return found;
}

static void describe(const char *pid, char *name, size_t size)
{
	char path[300], command[32] = "a program";

	snprintf(path, sizeof path, "/proc/%s/comm", pid);
	FILE *comm = fopen(path, "re");
	if (comm && fgets(command, sizeof command, comm))
		command[strcspn(command, "\n")] = '\0';
	if (comm)
		fclose(comm);
	snprintf(name, size, "%s (pid %s)", command, pid);
}

bool life_port_holder(uint16_t port, char *name, size_t size)
{
	unsigned long inode = listening_inode(port);
	DIR *proc = inode ? opendir("/proc") : NULL;
	bool found = false;

	for (struct dirent *entry; proc && !found && (entry = readdir(proc)); ) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !holds(entry->d_name, inode))
			continue;
		describe(entry->d_name, name, size);
		found = true;
	}
	if (proc)
		closedir(proc);
	return found;
}
