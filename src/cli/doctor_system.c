/* The machine, the program, and the terminal. */
#include "cli/doctor.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/self.h"
#include "cli/term.h"
#include "hub/memory.h"
#include "hub/sizes.h"
#include "kernel/cpu.h"
#include "process/confine.h"

#define RELEASE_MAX ((size_t)16 << 10)
#define MEMORY_LEAST ((uint64_t)1 << 30)
#define DAY 86400

#ifdef __OPTIMIZE__
#define BUILT "optimised"
#else
#define BUILT "not optimised"
#endif
#ifdef __SANITIZE_ADDRESS__
#define CHECKED ", with address sanitizer"
#elif defined(__SANITIZE_THREAD__)
#define CHECKED ", with thread sanitizer"
#else
#define CHECKED ""
#endif

void doctor_version(struct doctor *d)
{
	report_add(&d->report, REPORT_OK, NULL, "shammah %s, %s%s, compiler %s", SHAMMAH_VERSION, BUILT, CHECKED,
		__VERSION__);
}

/* PRETTY_NAME of os-release(5), which the caller frees; NULL: unknown. */
static char *distribution(void)
{
	struct error err = {0};
	size_t len;
	own_mem char *text = file_read("/etc/os-release", RELEASE_MAX, &len, &err);
	struct str name = STR("PRETTY_NAME="), line;

	for (struct str rest = str_of(text ? text : ""); str_split(&rest, '\n', &line); ) {
		if (!str_starts(line, name))
			continue;
		line = str_from(line, name.n);
		if (line.n > 1 && line.p[0] == '"')
			line = (struct str){ line.p + 1, line.n - 2 };
		return mem_strndup(line.p, line.n);
	}
	return NULL;
}

void doctor_system(struct doctor *d)
{
	own_mem char *name = distribution();
	struct utsname u;

	if (uname(&u) == 0)
		report_add(&d->report, REPORT_OK, NULL, "%s%s%s %s, %s", name ? name : "", name ? ", " : "", u.sysname,
			u.release, u.machine);
}

void doctor_processor(struct doctor *d)
{
	enum isa isa = kernel_isa();
	bool plain = isa == ISA_PORTABLE;

	report_add(&d->report, plain ? REPORT_WARN : REPORT_OK,
		plain ? "local models run, but slowly: a processor with AVX2 or NEON is several times faster" : NULL,
		"%ld cores, instructions used: %s", sysconf(_SC_NPROCESSORS_ONLN), isa_name(isa));
}

void doctor_memory(struct doctor *d)
{
	char all[SIZE_TEXT], limit[SIZE_TEXT], available[SIZE_TEXT];
	struct memory m;

	memory_look(&m, "");
	bool low = m.limit && m.available < MEMORY_LEAST;
	report_add(&d->report, low ? REPORT_WARN : REPORT_OK,
		low ? "too little for a local model now: end other programs, or leave answers to a teacher" : NULL,
		"%s, %s available%s%s%s", size_text(m.physical, all), size_text(m.available, available),
		m.limit < m.physical ? "; a control group allows " : "",
		m.limit < m.physical ? size_text(m.limit, limit) : "", m.limit < m.physical ? " of it" : "");
}

/* A clock that is wrong by years makes every certificate look expired. */
void doctor_clock(struct doctor *d)
{
	struct error err = {0};
	own_mem char *self = self_path(&err);
	int64_t now = clock_unix();
	time_t seconds = (time_t)now;
	struct stat st;
	struct tm tm;
	char text[40];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm);
	bool wrong = self && stat(self, &st) == 0 && now < (int64_t)st.st_mtime - DAY;
	report_add(&d->report, wrong ? REPORT_FAIL : REPORT_OK,
		wrong ? "set the clock: certificates are judged by it" : NULL, "%s%s", text,
		wrong ? ", which is before this program was built" : "");
}

void doctor_locale(struct doctor *d)
{
	const char *name = setlocale(LC_CTYPE, ""), *set = nl_langinfo(CODESET);
	bool utf8 = strcmp(set, "UTF-8") == 0;

	report_add(&d->report, utf8 ? REPORT_OK : REPORT_WARN,
		utf8 ? NULL : "export LANG=C.UTF-8, or letters beyond ASCII may be shown wrongly", "%s, %s",
		name ? name : "unknown", set);
}

void doctor_terminal(struct doctor *d)
{
	const char *term = getenv("TERM");
	bool terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO), plain = term_is_plain();
	struct winsize size = {0};

	if (!terminal) {
		report_add(&d->report, REPORT_OK, NULL, "not a terminal; TERM is %s", term ? term : "not set");
		return;
	}
	(void)ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
	report_add(&d->report, plain ? REPORT_WARN : REPORT_OK,
		plain ? "export TERM=xterm-256color, unless the terminal really knows no control sequences" : NULL,
		"TERM is %s, %u columns, %u rows%s", term && *term ? term : "not set", size.ws_col, size.ws_row,
		getenv("NO_COLOR") ? ", NO_COLOR is set" : "");
}

/* Names only: what stands in them is nobody's business. */
void doctor_variables(struct doctor *d)
{
	extern char **environ;
	own_buf names = BUF_INIT((size_t)4 << 10);
	struct error err = {0};

	for (char **entry = environ; entry && *entry; entry++) {
		own_mem char *name = mem_strndup(*entry, strcspn(*entry, "="));
		if (config_knows_variable(name) && strcmp(name, "HOME") != 0 &&
			!buf_addf(&names, &err, "%s%s", names.len ? ", " : "", name))
			break;
	}
	report_add(&d->report, REPORT_OK, NULL, "%s", names.len ? names.data : "none of ours is set");
}

/* The first program of that name in PATH; the caller frees. */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	struct str folder;

	for (struct str rest = str_of(path ? path : ""); rest.n && str_split(&rest, ':', &folder); ) {
		own_mem char *at = mem_strndup(folder.p, folder.n), *whole = path_join(folder.n ? at : ".", name);
		if (path_is_file(whole) && access(whole, X_OK) == 0)
			return take(whole);
	}
	return NULL;
}

void doctor_tools(struct doctor *d)
{
	static const struct { const char *name, *lost, *advice; } tools[] = {
		{ "git", "what commands have changed cannot be told", "install git" },
		{ "rg", "Grep and Glob cannot search files", "install ripgrep" },
	};

	for (size_t i = 0; i < countof(tools); i++) {
		own_mem char *path = find_program(tools[i].name);
		report_add(&d->report, path ? REPORT_OK : REPORT_WARN, path ? NULL : tools[i].advice, "%s: %s%s",
			tools[i].name, path ? path : "not found: ", path ? "" : tools[i].lost);
	}
}

void doctor_confinement(struct doctor *d)
{
	struct error why = {0};

	if (confine_available(&why))
		report_add(&d->report, REPORT_OK, NULL, "commands of models run confined");
	else
		report_add(&d->report, REPORT_WARN, "until then each command is asked about",
			"commands of models cannot be confined: %s", why.text);
}
