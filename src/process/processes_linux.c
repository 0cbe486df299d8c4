/*
 * proc(5): /proc/PID/stat is "PID (NAME) STATE PARENT ...", NAME may hold anything, and the pages in
 * memory are the 22nd field from STATE on.
 * A descendant whose parent ends meanwhile becomes our own child (supervisor_linux.c),
 * so that the next look finds it.
 */
#include "process/processes_linux.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

struct entry {
	pid_t pid, parent, group;
	long pages;
	bool ours;
};

static bool read_entry(const char *name, struct entry *entry)
{
	char path[40], text[512], state;

	(void)snprintf(path, sizeof path, "/proc/%.20s/stat", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof text - 1);
	(void)close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	const char *after = strrchr(text, ')');
	*entry = (struct entry){ .pid = (pid_t)strtol(name, NULL, 10) };
	return after && sscanf(after + 1, " %c %d %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		"%*s %*s %ld", &state, &entry->parent, &entry->group,
		&entry->pages) == 4 && state != 'Z' && state != 'X';
}

static int by_pid(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* Sorted by number. */
static struct entry *list_all(size_t *count)
{
	struct entry *all = NULL;
	size_t n = 0, room = 0;
	DIR *folder = opendir("/proc");
	const struct dirent *d;

	while (folder && n < PROCESSES_MAX && (d = readdir(folder))) {
		if (d->d_name[0] < '1' || d->d_name[0] > '9')
			continue;
		if (n == room) {
			room = room ? room * 2 : 256;
			all = mem_resize(all, room, sizeof *all);
		}
		if (read_entry(d->d_name, &all[n]))
			n++;
	}
	if (folder)
		(void)closedir(folder);
	if (n)
		qsort(all, n, sizeof *all, by_pid);
	*count = n;
	return all;
}

static bool is_ours(struct entry *all, size_t count, pid_t pid)
{
	struct entry wanted = { .pid = pid };
	const struct entry *found = count ? bsearch(&wanted, all, count, sizeof *all, by_pid) : NULL;

	return found && found->ours;
}

/* Parents mostly have lower numbers than their children: few rounds are needed. */
static void mark_ours(struct entry *all, size_t count)
{
	pid_t self = getpid();
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < count; i++) {
			if (all[i].ours || (all[i].parent != self && !is_ours(all, count, all[i].parent)))
				continue;
			all[i].ours = more = true;
		}
	}
}

void descendants_look(struct descendants *found)
{
	size_t count;
	own_mem struct entry *all = list_all(&count);
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	*found = (struct descendants){0};
	mark_ours(all, count);
	for (size_t i = 0; i < count; i++) {
		if (!all[i].ours)
			continue;
		found->count++;
		found->bytes += (uint64_t)all[i].pages * page;
	}
}

void descendants_signal(int signal, pid_t except, bool groups)
{
	size_t count;
	own_mem struct entry *all = list_all(&count);
	pid_t own_group = getpgrp(), last = 0;

	mark_ours(all, count);
	for (size_t i = 0; i < count; i++) {
		if (!all[i].ours || all[i].pid == except)
			continue;
		if (!groups || all[i].group == own_group || all[i].group <= 1)
			(void)kill(all[i].pid, signal);
		else if (all[i].group != last)
			(void)kill(-all[i].group, signal);
		last = all[i].group;
	}
}
