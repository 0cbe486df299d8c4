/*
 * One descriptor at a time walks down from the root.  The last name is looked at before it
 * is opened, so that no device is opened to see what it is, and once more afterwards.
 */
#include "base/real.h"

#include <errno.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/sys.h"
#include "base/xattrs.h"

#ifdef O_PATH
#define FOLDER_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#else
#define FOLDER_FLAGS (O_SEARCH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#endif
#define TEMPORARY ".shammah-"
#define TEMPORARY_DIGITS 16

/* A name and the folder it is looked up in. */
struct place {
	int folder;
	char name[256];
};

static void place_done(struct place *p) { file_close(&p->folder); }
#define own_place owns(place_done) struct place

/* --- the way down -------------------------------------------------------------------- */

static bool is_link(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* Why `name` could not be opened or made; errno says. */
static bool refuse(int folder, const char *name, const char *path, const char *what, struct error *err)
{
	int reason = errno;

	if (reason == ELOOP || is_link(folder, name))
		return error_set(err, ERROR_DENIED, "%s: `%s` is a link now, and was none when the path was checked: "
			"nothing was touched", path, name);
	errno = reason;
	return error_errno(err, "%s %s", what, path);
}

static bool is_plain(const char *path)
{
	struct str rest = str_of(path), name;

	if (path[0] != '/' || !path[1] || path[rest.n - 1] == '/')
		return false;
	for (rest = str_from(rest, 1); str_split(&rest, '/', &name);)
		if (!name.n || str_is(name, ".") || str_is(name, ".."))
			return false;
	return true;
}

static bool next_name(struct str *rest, struct place *p, const char *path, struct error *err)
{
	struct str name = {0};

	(void)str_split(rest, '/', &name);
	if (name.n >= sizeof p->name)
		return error_set(err, ERROR_INVALID, "%s: a name in it is too long", path);
	memcpy(p->name, name.p, name.n);
	p->name[name.n] = '\0';
	return true;
}

/* Makes p->name, a folder, the place's folder; `make`: creates it where it is missing. */
static bool enter(struct place *p, bool make, const char *path, struct error *err)
{
	int next = sys.openat(p->folder, p->name, FOLDER_FLAGS);

	if (next < 0 && errno == ENOENT && make && (sys.mkdirat(p->folder, p->name, 0777) == 0 || errno == EEXIST))
		next = sys.openat(p->folder, p->name, FOLDER_FLAGS);
	if (next < 0)
		return refuse(p->folder, p->name, path, "cannot open", err);
	file_close(&p->folder);
	p->folder = next;
	return true;
}

/* The folder that holds the path's last name, and that name. */
static bool find(const char *path, bool make, struct place *p, struct error *err)
{
	struct str rest = str_of(path);

	p->folder = -1;
	if (!is_plain(path))
		return error_set(err, ERROR_INVALID, "%s is not a plain absolute path", path);
	rest = str_from(rest, 1);
	p->folder = sys.open("/", FOLDER_FLAGS);
	if (p->folder < 0)
		return error_errno(err, "cannot open /");
	if (!next_name(&rest, p, path, err))
		return false;
	while (rest.n)
		if (!enter(p, make, path, err) || !next_name(&rest, p, path, err))
			return false;
	return true;
}

/* --- looking and reading --------------------------------------------------------------- */

static bool look(const struct place *p, const char *path, struct stat *st, struct error *err)
{
	return fstatat(p->folder, p->name, st, AT_SYMLINK_NOFOLLOW) == 0 ||
		refuse(p->folder, p->name, path, "cannot find", err);
}

static bool check_kind(const struct place *p, const char *path, const struct stat *st, struct error *err)
{
	const char *what = S_ISDIR(st->st_mode) ? "a folder" : S_ISFIFO(st->st_mode) ? "a pipe (FIFO)" :
		S_ISSOCK(st->st_mode) ? "a socket" : "a device";

	if (S_ISREG(st->st_mode))
		return true;
	errno = ELOOP;
	return S_ISLNK(st->st_mode) ? refuse(p->folder, p->name, path, "", err) :
		error_set(err, ERROR_INVALID, "%s is %s, not a file", path, what);
}

bool real_stat(const char *path, struct stat *st, struct error *err)
{
	own_place p = { .folder = -1 };

	return find(path, false, &p, err) && look(&p, path, st, err);
}

static int open_file(const struct place *p, const char *path, struct stat *was, struct error *err)
{
	if (!look(p, path, was, err) || !check_kind(p, path, was, err))
		return -1;
	own_fd fd = sys.openat(p->folder, p->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		refuse(p->folder, p->name, path, "cannot open", err);
		return -1;
	}
	if (fstat(fd, was) < 0) {
		error_errno(err, "cannot look at %s", path);
		return -1;
	}
	if (!check_kind(p, path, was, err))
		return -1;
	int opened = fd;
	fd = -1;
	return opened;
}

int real_open(const char *path, struct stat *was, struct error *err)
{
	own_place p = { .folder = -1 };

	return find(path, false, &p, err) ? open_file(&p, path, was, err) : -1;
}

#ifdef __APPLE__
#define NANOSECONDS(st, which) (st)->st_##which##timespec.tv_nsec
#else
#define NANOSECONDS(st, which) (st)->st_##which##tim.tv_nsec
#endif

bool real_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
		a->st_mode == b->st_mode && a->st_mtime == b->st_mtime && a->st_ctime == b->st_ctime &&
		NANOSECONDS(a, m) == NANOSECONDS(b, m) && NANOSECONDS(a, c) == NANOSECONDS(b, c);
}

/* --- writing ----------------------------------------------------------------------------- */

static bool appeared(const char *path, struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE, "%s: somebody has made this file meanwhile; nothing was written",
		path);
}

/* Whether what is replaced is still what the caller knows of. */
static bool check_unchanged(const struct place *p, const char *path, const struct stat *was, struct error *err)
{
	struct stat now;
	bool there = fstatat(p->folder, p->name, &now, AT_SYMLINK_NOFOLLOW) == 0;

	if (!there && errno != ENOENT)
		return error_errno(err, "cannot look at %s", path);
	if (there && !check_kind(p, path, &now, err))
		return false;
	if (!was)
		return !there || appeared(path, err);
	return (there && real_same(was, &now)) || error_set(err, ERROR_UNAVAILABLE,
		"%s: the file was %s meanwhile; nothing was written", path, there ? "changed" : "removed");
}

/* The new file gets what the old one has but set-id bits, which a write takes away as well. */
static bool take_after(const struct place *p, int fd, const struct stat *was, struct error *err)
{
	own_fd old = sys.openat(p->folder, p->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fchown(fd, was->st_uid, was->st_gid) < 0)
		(void)!fchown(fd, (uid_t)-1, was->st_gid);
	if (old >= 0)
		xattrs_copy(old, fd);
	return fchmod(fd, was->st_mode & 01777) == 0 || error_errno(err, "cannot set its mode");
}

static bool fill(const struct place *p, int fd, struct str bytes, const struct stat *was, struct stat *now,
	struct error *err)
{
	return file_write_fd(fd, bytes, err) && (!was || take_after(p, fd, was, err)) &&
		(sys.fsync(fd) == 0 || error_errno(err, "cannot write to disk")) &&
		(fstat(fd, now) == 0 || error_errno(err, "cannot be looked at"));
}

/* A new name may not meet another's; where a file system knows no hard links, a look must do. */
static bool settle(const struct place *p, const char *temporary, const char *path, const struct stat *was,
	struct error *err)
{
	if (!was && sys.linkat(p->folder, temporary, p->folder, p->name, 0) == 0) {
		(void)sys.unlinkat(p->folder, temporary, 0);
		return true;
	}
	if (!was && errno == EEXIST)
		return appeared(path, err);
	return check_unchanged(p, path, was, err) && (
		sys.renameat(p->folder, temporary, p->folder, p->name) == 0 ||
		error_errno(err, "cannot replace %s", path));
}

static void sync_folder(const struct place *p)
{
	own_fd folder = sys.openat(p->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder >= 0)
		(void)sys.fsync(folder);
}

static bool write_beside(const struct place *p, const char *path, struct str bytes, const struct stat *was,
	mode_t mode, struct stat *now, struct error *err)
{
	char temporary[sizeof TEMPORARY + TEMPORARY_DIGITS] = TEMPORARY;

	if (!random_hex(temporary + strlen(TEMPORARY), TEMPORARY_DIGITS, err))
		return false;
	own_fd fd = sys.openat(p->folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		was ? 0600 : mode);
	if (fd < 0)
		return refuse(p->folder, temporary, path, "cannot make a file beside", err);
	if (fill(p, fd, bytes, was, now, err)) {
		if (settle(p, temporary, path, was, err)) {
			sync_folder(p);
			return true;
		}
	} else {
		error_prefix(err, "%s", path);
	}
	(void)unlinkat(p->folder, temporary, 0);
	return false;
}

bool real_replace(const char *path, struct str bytes, const struct stat *was, mode_t mode, struct stat *now,
	struct error *err)
{
	own_place p = { .folder = -1 };
	struct stat unused;

	if (!now)
		now = &unused;
	if (!find(path, !was, &p, err) || !check_unchanged(&p, path, was, err) ||
	    !write_beside(&p, path, bytes, was, mode, now, err))
		return false;
	/* Its new name has changed its ctime. */
	return look(&p, path, now, err);
}

bool real_remove(const char *path, const struct stat *was, struct error *err)
{
	own_place p = { .folder = -1 };

	return find(path, false, &p, err) && check_unchanged(&p, path, was, err) &&
		(sys.unlinkat(p.folder, p.name, 0) == 0 || error_errno(err, "cannot remove %s", path));
}

bool real_set_mode(const char *path, mode_t mode, struct error *err)
{
	struct stat now;
	own_fd fd = real_open(path, &now, err);

	return fd >= 0 && (fchmod(fd, mode & 0777) == 0 || error_errno(err, "cannot set the mode of %s", path));
}
