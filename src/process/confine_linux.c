/*
 * bubblewrap (bwrap(1)): a new user namespace in which the file system is put together
 * anew.  Every folder and file with a say of its own is an entry; sorted, so that what lies
 * deeper is mounted later and counts.  The folders between a writable one and something
 * guarded in it are mounted upon themselves: a mount point can be neither renamed nor
 * removed, so that nobody moves .git away to make another.
 *
 * The arguments go through a descriptor, so that /proc/1/cmdline in there says nothing.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "process/child_inside.h"
#include "process/confine_inside.h"

#define ARGUMENTS_MAX ((size_t)4 << 20)
#define ENTRIES_MAX 4000
#define TRY_MS 5000
#define WORDS_MAX 300
#define BARE_TEMP "67108864"     /* bytes of /tmp in memory */

enum view { VIEW_WRITABLE, VIEW_READ_ONLY, VIEW_HIDDEN };

struct entry {
	char *path;              /* real */
	enum view view;
	bool folder;
};

struct entries {
	struct entry *all;
	size_t n, room;
};

static void entries_done(struct entries *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->all[i].path);
	free(e->all);
}

/* ---- What is seen how ---- */

static void note(struct entries *e, const char *path, enum view view)
{
	struct stat st;
	char *real = realpath(path, NULL);

	if (!real || stat(real, &st) < 0) {      /* what is not there needs no say */
		free(real);
		return;
	}
	if (e->n == e->room) {
		e->room = e->room ? e->room * 2 : 64;
		e->all = mem_resize(e->all, e->room, sizeof *e->all);
	}
	e->all[e->n++] = (struct entry){ real, view, S_ISDIR(st.st_mode) };
}

static bool note_all(struct entries *e, const char *const *paths, enum view view, struct error *err)
{
	for (; paths && *paths; paths++) {
		if (e->n >= ENTRIES_MAX)
			return error_set(err, ERROR_TOO_LARGE, "more than %d paths to hide or guard", ENTRIES_MAX);
		note(e, *paths, view);
	}
	return true;
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && path[n] == '/';
}

/* The folders on the way from a writable one to each path that is guarded or hidden in it. */
static void pin_ways(struct entries *e)
{
	size_t given = e->n;

	for (size_t i = 0; i < given; i++) {
		for (size_t w = 0; w < given && e->all[i].view != VIEW_WRITABLE; w++) {
			if (e->all[w].view != VIEW_WRITABLE || !is_below(e->all[i].path, e->all[w].path))
				continue;
			own_mem char *way = mem_strdup(e->all[i].path);
			for (char *end; (end = strrchr(way, '/')) && is_below(way, e->all[w].path); ) {
				*end = '\0';
				if (e->n < ENTRIES_MAX && is_below(way, e->all[w].path))
					note(e, way, VIEW_WRITABLE);
			}
		}
	}
}

static int by_path(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : (int)y->view - (int)x->view;      /* of two of one path the stricter comes first */
}

/* ---- The arguments ---- */

struct writer {
	struct buf text;         /* each ends with NUL */
	bool ok;
	struct error *err;
};

static void put(struct writer *w, const char *word)
{
	w->ok = w->ok && buf_add(&w->text, word, strlen(word) + 1, w->err);
}

static void put_all(struct writer *w, const char *const *words)
{
	for (; *words; words++)
		put(w, *words);
}

static void put_three(struct writer *w, const char *option, const char *from, const char *to)
{
	put_all(w, (const char *const[]){ option, from, to, NULL });
}

/*
 * A hidden folder may not even be entered: to git an empty one would mean that what it tracks
 * in there was deleted, and `git commit -a` would say so for good.  Only where something in it
 * is opened again must it be.
 */
static void put_entry(struct writer *w, const struct entry *entry, bool opened)
{
	if (entry->view != VIEW_HIDDEN)
		put_three(w, entry->view == VIEW_WRITABLE ? "--bind" : "--ro-bind", entry->path, entry->path);
	else if (entry->folder)
		put_all(w, (const char *const[]){ "--perms", opened ? "0555" : "0000", "--tmpfs", entry->path, NULL });
	else
		put_three(w, "--ro-bind", "/dev/null", entry->path);
}

/* Whether something in the folder is seen. */
static bool is_opened(const struct entries *e, const char *folder)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->all[i].view != VIEW_HIDDEN && is_below(e->all[i].path, folder))
			return true;
	return false;
}

static void put_entries(struct writer *w, struct entries *e)
{
	const char *hidden = NULL;       /* the folder that was hidden last: what is hidden in it is */

	if (e->n)
		qsort(e->all, e->n, sizeof *e->all, by_path);
	for (size_t i = 0; i < e->n; i++) {
		const struct entry *entry = &e->all[i];
		if (i > 0 && strcmp(entry->path, e->all[i - 1].path) == 0)
			continue;
		if (entry->view == VIEW_HIDDEN && hidden && is_below(entry->path, hidden))
			continue;
		put_entry(w, entry, entry->view == VIEW_HIDDEN && is_opened(e, entry->path));
		if (entry->view == VIEW_HIDDEN && entry->folder)
			hidden = entry->path;
		else if (hidden && is_below(entry->path, hidden))
			hidden = NULL;               /* opened again: what is hidden in here is not yet */
	}
}

/* Programs and settings of the system; what is a link in the root stays one. */
static void put_bare_system(struct writer *w)
{
	static const char *const places[] = {
		"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix", NULL
	};
	char target[PATH_MAX];

	for (const char *const *place = places; *place; place++) {
		ssize_t n = readlink(*place, target, sizeof target - 1);
		if (n > 0) {
			target[n] = '\0';
			put_three(w, "--symlink", target, *place);
		} else {
			put_three(w, "--ro-bind-try", *place, *place);
		}
	}
}

/* Names are looked up with the help of a file that may lie among what is hidden with /run. */
static void put_run(struct writer *w, bool network)
{
	own_mem char *names = network ? realpath("/etc/resolv.conf", NULL) : NULL;

	put_all(w, (const char *const[]){ "--tmpfs", "/run", NULL });
	if (names && is_below(names, "/run"))
		put_three(w, "--ro-bind", names, names);
}

/*
 * Settings of the kernel belong to root, with or without its rights in here; bubblewrap takes
 * folders that cannot be written to for harmless.  So for root all of /proc but the processes is read-only.
 */
static void put_proc(struct writer *w)
{
	DIR *dir = geteuid() == 0 ? opendir("/proc") : NULL;
	const struct dirent *d;
	struct stat st;

	put_all(w, (const char *const[]){ "--proc", "/proc", NULL });
	while (dir && (d = readdir(dir))) {
		own_mem char *path = path_join("/proc", d->d_name);
		if (d->d_name[0] == '.' || isdigit((unsigned char)d->d_name[0]) || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && st.st_mode & 0222))
			put_three(w, "--ro-bind", path, path);
	}
	if (dir)
		(void)closedir(dir);
}

static void put_system(struct writer *w, const struct confinement *c)
{
	put_all(w, (const char *const[]){ "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts",
		"--cap-drop", "ALL", "--die-with-parent", "--new-session", NULL });
	if (!c->network)
		put(w, "--unshare-net");
	if (c->bare)
		put_bare_system(w);
	else
		put_three(w, "--ro-bind", "/", "/");
	put_all(w, (const char *const[]){ "--dev", "/dev", NULL });
	put_proc(w);
	put_run(w, c->network);
	if (c->temp)
		put_three(w, "--bind", c->temp, "/tmp");
	else
		put_all(w, (const char *const[]){ "--size", BARE_TEMP, "--perms", "1777", "--tmpfs", "/tmp", NULL });
}

static bool write_arguments(struct writer *w, const struct confinement *c, struct error *err)
{
	struct entries e __attribute__((cleanup(entries_done))) = {0};
	const char *const temp[] = { c->temp, NULL };

	put_system(w, c);
	if (!note_all(&e, c->writable, VIEW_WRITABLE, err) || !note_all(&e, temp, VIEW_WRITABLE, err) ||
		!note_all(&e, c->guarded, VIEW_READ_ONLY, err) || !note_all(&e, c->hidden, VIEW_HIDDEN, err))
		return false;
	pin_ways(&e);
	put_entries(w, &e);
	if (c->bare)
		put_all(w, (const char *const[]){ "--dir", "/home", "--remount-ro", "/", NULL });
	put_all(w, (const char *const[]){ "--chdir", c->folder ? c->folder : "/tmp", "--seccomp", "4", NULL });
	return w->ok;
}

bool confine(struct confined *out, const struct confinement *c, const char *const *argv, struct error *err)
{
	struct writer w = { .text = BUF_INIT(ARGUMENTS_MAX), .ok = true, .err = err };
	size_t given = 0, n = 0;

	*out = (struct confined){0};
	bool ok = write_arguments(&w, c, err);
	int arguments = ok ? child_input(buf_str(&w.text), err) : -1;
	buf_done(&w.text);
	if (arguments < 0)
		return false;
	out->passed[out->passed_count++] = arguments;
	int filter = seccomp_file(err);
	if (filter < 0)
		return false;
	out->passed[out->passed_count++] = filter;
	while (argv[given])
		given++;
	out->argv = mem_zeroed(given + 5, sizeof *out->argv);
	out->argv[n++] = "bwrap";
	out->argv[n++] = "--args";
	out->argv[n++] = "3";
	out->argv[n++] = "--";
	memcpy(out->argv + n, argv, given * sizeof *argv);
	return true;
}

/* ---- Whether it works ---- */

static bool hear(void *user, enum child_stream stream, struct str bytes)
{
	struct buf *words = user;
	struct error err = {0};

	return stream == CHILD_OUT || buf_add_str(words, bytes, &err);
}

/* What bwrap's words mean, and what helps. */
static const struct {
	const char *words, *advice;
} obstacles[] = {
	{ "Unknown option", "it is too old: 0.7 or newer is needed" },
	{ "mount proc", "this container does not let a new /proc be mounted; in Docker: "
		"--security-opt systempaths=unconfined" },
	{ "uid map", "AppArmor or the kernel forbids user namespaces; Ubuntu: sysctl "
		"kernel.apparmor_restrict_unprivileged_userns=0, or a profile for bwrap" },
	{ "namespace", "user namespaces are off; try sysctl kernel.unprivileged_userns_clone=1 or "
		"user.max_user_namespaces=10000; in Docker: --security-opt seccomp=unconfined" },
	{ "Operation not permitted", "this container forbids what bwrap needs; in Docker: "
		"--security-opt seccomp=unconfined" },
	{ "seccomp", "the kernel has no filters of system calls" },
};

static bool explain(const struct buf *words, struct error *why)
{
	struct str said = str_trim(buf_str(words));
	const char *advice = "";

	for (size_t i = 0; i < countof(obstacles); i++) {
		if (!strcasestr(words->data, obstacles[i].words))
			continue;
		advice = obstacles[i].advice;
		break;
	}
	return error_set(why, ERROR_UNAVAILABLE, "bubblewrap does not work here (%.*s)%s%s",
		said.n < 120 ? (int)said.n : 120, said.p, *advice ? ": " : "", advice);
}

bool confine_try(struct error *why)
{
	const char *const argv[] = { "true", NULL };
	struct confinement c = { .bare = true };
	own_buf words = BUF_INIT(WORDS_MAX);
	own_confined confined = {0};
	struct child_end end;

	if (!confine(&confined, &c, argv, why))
		return false;
	struct child_plan plan = { .output = hear, .user = &words, .timeout_ms = TRY_MS };
	confined_plan(&confined, &plan);
	if (!child_run(&plan, &end, why)) {
		if (why->kind == ERROR_NOT_FOUND)
			error_set(why, ERROR_UNAVAILABLE,
				"bubblewrap (bwrap) is not installed (Debian: apt install bubblewrap)");
		return false;
	}
	if (end.how == CHILD_TIMED_OUT)
		return error_set(why, ERROR_UNAVAILABLE, "bubblewrap did not answer in %d s", TRY_MS / 1000);
	return (end.how == CHILD_EXITED && end.code == 0) || explain(&words, why);
}
