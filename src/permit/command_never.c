/*
 * Rows by a program's name; each looks at the words it would get.
 */
#include "permit/command_never.h"

#include "permit/command_files.h"
#include "permit/places.h"

/* "-rf", "-fr", "--recursive": a letter among short flags, or a long name (or its beginning, as getopt takes it). */
static bool has_flag(const struct args *a, const char *letters, const char *word)
{
	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text;
		if (strcmp(t, "--") == 0)
			return false;
		if (t[0] == '-' && t[1] == '-' && t[2] && word && strncmp(word, t + 2, strlen(t + 2)) == 0)
			return true;
		if (t[0] == '-' && t[1] != '-' && letters && strpbrk(t, letters))
			return true;
	}
	return false;
}

static bool is_operand(const struct args *a, size_t i)
{
	return a->at[i].text[0] != '-';
}

static bool any_operand(const struct args *a, bool (*is)(const char *path))
{
	for (size_t i = 1; i < a->count; i++)
		if (is_operand(a, i) && is(a->at[i].text))
			return true;
	return false;
}

static const char *last_operand(const struct args *a)
{
	for (size_t i = a->count; i-- > 1;)
		if (is_operand(a, i))
			return a->at[i].text;
	return "";
}

const char *never_written(const char *path)
{
	if (strncmp(path, "/dev/tcp/", 9) == 0 || strncmp(path, "/dev/udp/", 9) == 0)
		return "opens a connection for a shell";
	if (place_is_device(path))
		return "writes to a device";
	if (place_is_system(path))
		return "changes a file of the system";
	if (place_is_record(path))
		return "changes what a shell remembers, or who may log in";
	return NULL;
}

static const char *never_rm(const struct args *a)
{
	bool recursive = has_flag(a, "rR", "recursive");

	for (size_t i = 1; i < a->count; i++)
		if (strcmp(a->at[i].text, "--no-preserve-root") == 0)
			return "deletes the root folder";
	if (recursive && any_operand(a, place_is_critical))
		return "deletes a whole system, home or unknown folder";
	if (recursive && any_operand(a, place_is_around))
		return "deletes all of the working directory or its parents";
	if (any_operand(a, place_is_system))
		return "deletes files of the system";
	return any_operand(a, place_is_record) ? "deletes what a shell remembers, or who may log in" : NULL;
}

static const char *never_find(const struct args *a)
{
	static const char *const filters[] = { "-name", "-iname", "-path", "-regex", "-mtime", "-mmin", "-size",
		"-empty", "-newer",
		"-user", "-perm", "-ctime", "-atime" };
	bool deletes = false, filtered = false;

	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text;
		bool runs = strncmp(t, "-exec", 5) == 0 || strncmp(t, "-ok", 3) == 0;
		deletes |= strcmp(t, "-delete") == 0 || (runs && i + 1 < a->count &&
			strstr("rm shred unlink", arg_name(&a->at[i + 1])) != NULL);
		for (size_t k = 0; k < countof(filters); k++)
			filtered |= strcmp(t, filters[k]) == 0 && !(i + 1 < a->count && strcmp(a->at[i + 1].text,
				"*") == 0);
	}
	if (!deletes)
		return NULL;
	bool start = false;
	for (size_t i = 1; i < a->count && is_operand(a, i) && !strchr("(!", a->at[i].text[0]); i++) {
		const char *t = a->at[i].text;
		start = true;
		if (place_is_system(t) || (t[0] == '/' && strspn(t, "/.") == strlen(t)))
			return "deletes files all over the system";
		if (!filtered && (place_is_critical(t) || place_is_around(t)))
			return "deletes a whole folder that must stay";
	}
	return !start && !filtered ? "deletes all of the working directory" : NULL;
}

static const char *never_dd(const struct args *a)
{
	for (size_t i = 1; i < a->count; i++)
		if (strncmp(a->at[i].text, "of=", 3) == 0 && never_written(a->at[i].text + 3))
			return never_written(a->at[i].text + 3);
	return NULL;
}

static const char *never_disk(const struct args *a)
{
	for (size_t i = 1; i < a->count; i++)
		if (is_operand(a, i) && (place_is_device(a->at[i].text) || a->at[i].unknown))
			return has_flag(a, "l", "list") ? NULL : "destroys what is on a disk";
	return NULL;
}

static const char *never_overwrite(const struct args *a)
{
	for (size_t i = 1; i < a->count; i++)
		if (is_operand(a, i) && never_written(a->at[i].text))
			return never_written(a->at[i].text);
	return any_operand(a, place_is_critical) ? "changes a whole folder that must stay" : NULL;
}

static const char *never_mode(const struct args *a)
{
	bool all = has_flag(a, "R", "recursive");
	const char *mode = a->count > 1 ? a->at[1].text : "";

	if (all && any_operand(a, place_is_critical))
		return "changes the rights of a whole system or home";
	for (size_t i = 1; all && i < a->count; i++)
		if (strncmp(a->at[i].text, "..", 2) == 0 && place_is_around(a->at[i].text))
			return "changes the rights of the working directory's parents";
	if (any_operand(a, place_is_system))
		return "changes the rights of the system's files";
	bool setuid = ((mode[0] == 'u' || mode[0] == 'a') && strchr("+=", mode[1]) && mode[1] && strchr(mode, 's')) ||
		strncmp(mode, "+s", 2) == 0 || (strlen(mode) == 4 && (mode[0] == '4' || mode[0] == '6'));
	return setuid && strcmp(a->at[0].text, "chmod") == 0 ? "gives a program its owner's rights" : NULL;
}

static const char *never_copy(const struct args *a)
{
	const char *to = last_operand(a);
	bool moves = strcmp(arg_name(&a->at[0]), "mv") == 0;

	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text;
		if (strcmp(t, "-t") == 0 && i + 1 < a->count)
			to = a->at[i + 1].text;
		if (strncmp(t, "--target-directory=", 19) == 0)
			to = t + 19;
		if (moves && is_operand(a, i) && t != to && (place_is_critical(t) || place_is_system(t)))
			return "moves a folder or file that must stay";
	}
	if (moves && strcmp(to, "/dev/null") == 0)
		return "moves files where they are lost";
	if (has_flag(a, NULL, "delete") && place_is_critical(to))
		return "deletes a whole folder that must stay";
	return never_written(to);
}

static const char *never_sed(const struct args *a)
{
	return has_flag(a, "i", "in-place") && any_operand(a, place_is_system) ? "changes a file of the system" : NULL;
}

static const char *never_power(const struct args *a)
{
	static const char *const words[] = { "poweroff", "reboot", "halt", "kexec", "rescue", "emergency", "0", "6" };

	for (size_t i = 1; i < a->count; i++)
		for (size_t k = 0; k < countof(words); k++)
			if (strcmp(a->at[i].text, words[k]) == 0)
				return "stops the machine";
	return NULL;
}

static const char *never_kill(const struct args *a)
{
	for (size_t i = 2; i < a->count; i++)
		if (strcmp(a->at[i].text, "-1") == 0)
			return "ends every process";
	return NULL;
}

static const char *never_history(const struct args *a)
{
	return has_flag(a, "c", NULL) ? "wipes what the shell remembers" : NULL;
}

static const char *never_journal(const struct args *a)
{
	for (size_t i = 1; i < a->count; i++)
		if (strncmp(a->at[i].text, "--vacuum", 8) == 0)
			return "wipes the system's log";
	return NULL;
}

static const char *never_crontab(const struct args *a)
{
	return has_flag(a, "r", NULL) ? "deletes the user's timetable" : NULL;
}

static const char *never_netcat(const struct args *a)
{
	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text;
		if ((t[0] == '-' && t[1] != '-' && strpbrk(t, "ec")) || strcmp(t, "--exec") == 0 ||
			strcmp(t, "--sh-exec") == 0 || strstr(t, "EXEC:") || strstr(t, "SYSTEM:") || strstr(t, "exec:"))
			return "gives a program to the network";
	}
	return NULL;
}

static const char *never_container(const struct args *a)
{
	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text;
		if (strcmp(t, "--privileged") == 0 || strncmp(t, "/:/", 3) == 0 || strncmp(t, "-v/:/", 5) == 0 ||
			strncmp(t, "--volume=/:/", 12) == 0)
			return "gives the whole machine to a container";
	}
	return NULL;
}

static const char *never_gpg(const struct args *a)
{
	for (size_t i = 1; i < a->count; i++)
		if (strstr(a->at[i].text, "export-secret"))
			return "reads secret keys";
	return NULL;
}

static void look_for_secret(void *context, const struct arg *arg, const char *path, enum file_use use)
{
	bool *secret = context;

	(void)arg;
	*secret |= (use == FILE_READ || use == FILE_WRITTEN) && place_is_secret(path);
}

static const char *never_read(const struct args *a)
{
	bool secret = false;

	command_files(a, look_for_secret, &secret);
	return secret ? "reads or sends secrets" : NULL;
}

/* "git show HEAD:.env", "git diff .env". */
size_t git_verb_at(const struct args *a)
{
	static const char *const with_value[] = { "-c", "-C", "--git-dir", "--work-tree", "--namespace",
		"--config-env", NULL };
	size_t i = 1;

	while (i < a->count && a->at[i].text[0] == '-')
		i += str_is_among(str_of(a->at[i].text), with_value) ? 2 : 1;
	return i < a->count ? i : 0;
}

static const char *never_git(const struct args *a)
{
	static const char *const showing[] = { "show", "diff", "log", "blame", "annotate", "cat-file", "grep",
		"archive", "whatchanged", "format-patch", NULL };
	size_t verb = git_verb_at(a);

	if (!verb || !str_is_among(str_of(a->at[verb].text), showing))
		return NULL;
	for (size_t i = verb + 1; i < a->count; i++) {
		const char *t = a->at[i].text, *colon = strrchr(t, ':');        /* "HEAD:FILE", "-L1,9:FILE" */
		bool pattern = strcmp(a->at[verb].text, "grep") == 0 && i == verb + 1;
		if ((colon || is_operand(a, i)) && !pattern && place_is_secret(colon ? colon + 1 : t))
			return "reads or sends secrets";
	}
	return NULL;
}

/* Files behind "@", "=@", "=" as well ("curl -F x=@.env"). */
static const char *never_give(const struct args *a)
{
	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text, *at = strrchr(t, '@'), *equal = strrchr(t, '=');
		bool secret = (is_operand(a, i) && place_is_secret(t)) || (at && place_is_secret(at + 1)) ||
			(equal && t[0] == '-' && strncmp(t, "--exclude", 9) != 0 && place_is_secret(equal + 1));
		if (secret)
			return "reads or sends secrets";
	}
	return NULL;
}

static const char *never_send(const struct args *a)
{
	const char *why = never_give(a);

	if (why)
		return why;
	for (size_t i = 1; i + 1 < a->count; i++)
		if ((strcmp(a->at[i].text, "-o") == 0 || strcmp(a->at[i].text, "-O") == 0 ||
			strcmp(a->at[i].text, "--output") == 0) && never_written(a->at[i + 1].text))
			return never_written(a->at[i + 1].text);
	return NULL;
}

static const char *never_rights(const struct args *a)
{
	(void)a;
	return "takes another user's rights, or changes who has them";
}

static const char *never_stop(const struct args *a)
{
	(void)a;
	return "stops the machine";
}

static const char *never_all(const struct args *a)
{
	(void)a;
	return "harms the whole machine";
}

static const struct row {
	const char *names;
	const char *(*why)(const struct args *a);
} rows[] = {
	{ " rm rmdir unlink ", never_rm },
	{ " find fd ", never_find },
	{ " dd dcfldd ", never_dd },
	{ " wipefs fdisk sfdisk cfdisk gdisk sgdisk parted blkdiscard hdparm "
		"mkswap badblocks lvremove vgremove pvremove ", never_disk },
	{ " shred truncate tee ", never_overwrite },
	{ " chmod chown chgrp setfacl chattr ", never_mode },
	{ " cp mv install ln rsync scp ", never_copy },
	{ " sed perl gsed ", never_sed },
	{ " systemctl init telinit ", never_power },
	{ " kill ", never_kill },
	{ " history ", never_history },
	{ " journalctl ", never_journal },
	{ " crontab ", never_crontab },
	{ " nc ncat netcat nc.openbsd nc.traditional socat ", never_netcat },
	{ " docker podman nerdctl ", never_container },
	{ " gpg gpg2 ", never_gpg },
	{ " curl wget ", never_send },
	{ " git ", never_git },
	{ " cat head tail less more grep egrep fgrep rg ag ack sed awk gawk mawk cut sort uniq strings xxd od hexdump "
		"base64 base32 tac nl bat zcat diff cmp comm jq yq paste join rev fold column ", never_read },
	{ " scp rsync sftp tar zip 7z openssl ", never_give },
	{ " sudo doas su pkexec run0 sudoedit visudo usermod useradd userdel groupadd groupmod passwd chpasswd setcap "
		"nsenter insmod modprobe rmmod ", never_rights },
	{ " shutdown reboot halt poweroff ", never_stop },
	{ " killall5 ", never_all },
};

static bool is_among(const char *names, const char *name)
{
	size_t n = strlen(name);

	if (!n || strchr(name, ' '))
		return false;
	for (const char *p = names; (p = strstr(p, name)); p++)
		if (p > names && p[-1] == ' ' && p[n] == ' ')
			return true;
	return false;
}

/* The program's name is an expansion, and what follows would be deletion. */
static const char *never_unknown(const struct args *a)
{
	bool forced = has_flag(a, "rR", "recursive") && has_flag(a, "f", "force");

	return forced && any_operand(a, place_is_critical) ? "may delete a whole system or home" : NULL;
}

const char *never_reason(const struct args *a)
{
	const char *name = arg_name(&a->at[0]), *why;

	if (strncmp(name, "mkfs", 4) == 0)
		return never_disk(a);
	for (size_t i = 0; i < countof(rows); i++)
		if (is_among(rows[i].names, name) && (why = rows[i].why(a)))
			return why;
	return strchr(a->at[0].text, SHELL_OPEN) ? never_unknown(a) : NULL;
}

/* --- wrappers ------------------------------------------------------------------------------ */

bool is_shell(const char *name)
{
	return is_among(" sh bash dash zsh ksh mksh ash fish rbash ", name);
}

bool is_interpreter(const char *name)
{
	return is_among(" perl ruby node nodejs deno bun php lua awk gawk mawk nawk vim vi "
		"ex nvim emacs osascript tclsh expect ",
		name) || strncmp(name, "python", 6) == 0 || strncmp(name, "pypy", 4) == 0;
}

static const struct wrapper {
	const char *names, *with_value;     /* flags that take the next word */
	size_t operands;                    /* of its own, before the command */
	bool joined;                        /* the words are joined to a script */
	const char *verb;                   /* the first operand must be one of these; NULL: any */
} wrappers[] = {
	{ " nohup command builtin exec nice ionice setsid stdbuf time env xargs sudo doas unbuffer caffeinate "
		"noglob nocorrect "
		"strace ltrace fakeroot firejail busybox toybox systemd-run proxychains unshare parallel pkexec "
		"run0 setarch eatmydata ",
		" -n -c -p -u -C -I -P -d -L -s -a -E -i -o -e -g -h -j ", 0, false },
	{ " timeout chrt taskset flock chroot ", " -s -k -c -w ", 1, false },
	{ " eval ", " ", 0, true },
	{ " watch ", " -n --interval ", 0, true },
	{ " ssh ", " -p -i -l -o -F -J -L -R -D -b -c ", 1, true },
	{ " npx bunx pnpx uvx ", " -p ", 0, false },
	{ " devbox poetry uv pipenv bundle mise pnpm yarn hatch pdm conda ", " -n -p ", 1, false, " run exec x dlx " },
	{ " direnv ", " ", 2, false, " exec " },
};

/* "-n 5", "--signal KILL" or one word. */
static size_t skip_flag(const struct args *a, size_t i, const char *with_value)
{
	const char *t = a->at[i].text;
	bool value = t[0] == '-' && t[1] != '-' && strlen(t) == 2 && is_among(with_value, t);

	return i + (value ? 2 : 1);
}

size_t wrapped_at(const struct args *a, bool *joined)
{
	const char *name = arg_name(&a->at[0]);

	for (size_t k = 0; k < countof(wrappers); k++) {
		const struct wrapper *w = &wrappers[k];
		if (!is_among(w->names, name))
			continue;
		size_t i = 1, operands = w->operands;
		while (i < a->count) {
			const char *t = a->at[i].text;
			if (strcmp(t, "--") == 0)
				i++;
			else if (t[0] == '-' && t[1])
				i = skip_flag(a, i, w->with_value);
			else if (strcmp(name, "env") == 0 && strchr(t, '='))
				i++;
			else if (operands && operands == w->operands && w->verb && !is_among(w->verb, t))
				return 0;
			else if (operands)
				operands--, i++;
			else
				break;
		}
		*joined = w->joined;
		return i < a->count ? i : 0;
	}
	return 0;
}
