/*
 * The main thread does nothing but wait: for a signal (through a pipe) or for the
 * next tick, at which silent streams are kept alive.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/home.h"
#include "daemon/service.h"
#include "hub/spec.h"

#define TICK_MS 2000                  /* how often silent streams are looked at */
#define GRACE_MS 3000                 /* for answers under way, before they are cancelled */
#define FAREWELL_MS 1000              /* for the cancelled ones, to say so */
#define STOP_SECONDS 5                /* for the HTTP threads to end, before SIGALRM ends all */
#define LOG_MAX ((off_t)1 << 20)      /* bytes, before the log is put aside as daemon.log.1 */

/* --- signals ------------------------------------------------------------------------ */

static int signal_pipe[2];            /* the handler can reach nothing else */

static void on_signal(int number)
{
	int saved = errno;
	char byte = (char)number;

	(void)!write(signal_pipe[1], &byte, 1);
	errno = saved;
}

static bool catch_signals(struct error *err)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	if (pipe(signal_pipe) < 0)
		return error_errno(err, "cannot make a pipe");
	for (int i = 0; i < 2; i++) {
		(void)fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC);
		(void)fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK);
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigset_t ours;
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
	signal(SIGPIPE, SIG_IGN);
	return true;
}

static void release_signals(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	(void)close(signal_pipe[0]);
	(void)close(signal_pipe[1]);
}

/* True when a signal came within the time. */
static bool wait_for_signal(int ms)
{
	struct pollfd in = { .fd = signal_pipe[0], .events = POLLIN };
	char bytes[16];

	return poll(&in, 1, ms) > 0 && read(signal_pipe[0], bytes, sizeof bytes) > 0;
}

/* A descriptor a connection, and some for ourselves; many systems begin with 1,024 and allow more to who asks. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	rlim_t wanted = CONNECTIONS_MAX + 256;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_warn("cannot have more open files; few connections can be served at once");
}

/* --- stages ---------------------------------------------------------------------------- */

/* Of a background daemon: standard error is the log, put aside when it has grown. */
static void renew_log(const char *home)
{
	own_mem char *path = home_path(home, HOME_LOG), *old = home_path(home, HOME_OLD_LOG);
	struct stat st;

	if (stat(path, &st) < 0 || st.st_size <= LOG_MAX || rename(path, old) < 0)
		return;
	own_fd fresh = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fresh >= 0)
		(void)dup2(fresh, STDERR_FILENO);
}

static void report(int *ready_fd, const char *text)
{
	struct error err = {0};

	if (*ready_fd >= 0)
		(void)!file_write_fd(*ready_fd, str_of(text), &err);
	file_close(ready_fd);
}

static struct server *serve(struct service *s, const struct config *c, struct error *err)
{
	struct server_options options = {
		.port = (uint16_t)config_number(c, SETTING_PORT, 0), .origins = config_text(c, SETTING_ORIGINS),
		.routes = routes, .route_count = route_count, .user = s, .on_answered = service_answered,
	};
	char holder[64];
	struct server *server = server_start(&options, err);

	if (!server && err->kind == ERROR_UNAVAILABLE && life_port_holder(options.port, holder, sizeof holder))
		error_set(err, ERROR_UNAVAILABLE, "port %u is taken by %s; choose another with --port N", options.port,
			holder);
	return server;
}

static void use_model(struct service *s, const struct config *c)
{
	const char *model = config_text(c, SETTING_MODEL);
	struct error err = {0};
	own_mem char *folder = model ? spec_locate(model, &err) : NULL;

	if (folder)
		worker_load(s->worker, folder);
	else if (model)
		log_warn("%s: %s", c->values[SETTING_MODEL].origin, err.text);
}

static void use_teachers(struct service *s, const struct config *c)
{
	struct error err = {0};

	if (!teachers_set(s->teachers, c->teachers, c->teacher_count, &err))
		log_warn("teachers: %s", err.text);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void warn_of_start(const struct config *before, const struct config *now)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (settings[i].at_start && !same_text(config_text(before, i), config_text(now, i)))
			log_warn("%s has changed: that counts when the daemon is started again", settings[i].name);
}

/* Only what differs: a model or teachers that the daemon was told stay until the files say something new of them. */
static void use_changes(void *user, const struct config *before, const struct config *now)
{
	struct service *s = user;

	books_set_budget(s->books, config_micros(now, SETTING_BUDGET, -1));
	if (!before || !reload_same_teachers(before, now))
		use_teachers(s, now);
	if (before && !same_text(config_text(before, SETTING_MODEL), config_text(now, SETTING_MODEL)))
		use_model(s, now);
	if (before)
		warn_of_start(before, now);
}

static void run_until_signal(struct service *s, struct server *server)
{
	while (!wait_for_signal(TICK_MS)) {
		server_keep_alive(server);
		teachers_forget(s->teachers, clock_ns());
	}
}

static void wait_until_idle(struct server *server, uint64_t ms)
{
	for (uint64_t deadline = clock_ms() + ms; server_active(server) && clock_ms() < deadline; )
		if (wait_for_signal(20))
			break;
}

/* Answers under way may finish; a second signal, or the time, ends them. */
static void drain(struct service *s, struct server *server)
{
	struct error err = {0};

	if (!life_publish(&s->life, 0, &err))
		log_warn("%s", err.text);
	server_quiesce(server);
	reload_stop(s->reload);
	wait_until_idle(server, GRACE_MS);
	worker_stop(s->worker);
	teachers_stop(s->teachers);
	embeddings_stop(s->embeddings);
	wait_until_idle(server, FAREWELL_MS);
}

static bool start(struct service *s, const struct config *c, const char *home, int *ready_fd, struct server **server,
	struct error *err)
{
	char ready[32];

	if (!life_begin(&s->life, home, err))
		return false;
	if (*ready_fd >= 0)
		renew_log(home);
	s->books = books_create(home, s->teachers, &s->metrics);
	s->reload = reload_create(use_changes, s);
	*server = serve(s, c, err);
	if (!*server)
		return false;
	/* Before clients can know the port: what they bring comes after and over it. */
	books_set_budget(s->books, config_micros(c, SETTING_BUDGET, -1));
	use_teachers(s, c);
	use_model(s, c);
	download_resume(s->download);
	if (!life_publish(&s->life, server_port(*server), err))
		return false;
	snprintf(ready, sizeof ready, "ready %u", server_port(*server));
	report(ready_fd, ready);
	log_info("version %s listens on 127.0.0.1:%u", SHAMMAH_VERSION, server_port(*server));
	return true;
}

/* A load cannot be cancelled and may take a minute; nobody waits for that. */
static void leave_if_loading(struct service *s)
{
	struct worker_status status;

	worker_status(s->worker, &status);
	if (status.state == LOCAL_LOADING)
		_exit(EXIT_SUCCESS);
}

bool daemon_run(const struct config *config, const char *home, int ready_fd, struct error *err)
{
	struct service s = { .started_ms = clock_ms(), .life.pid_file = -1 };
	struct worker_options options = {
		.threads = (int)config_number(config, SETTING_THREADS, 0),
		.context = (size_t)config_number(config, SETTING_CONTEXT, 0),
		.kv_bytes = (size_t)config_number(config, SETTING_KV_MEMORY, 0) << 20,
		.beginnings_bytes = (uint64_t)config_number(config, SETTING_BEGINNINGS, 0) << 20,
		.keep_alive_s = (unsigned)config_number(config, SETTING_KEEP_ALIVE, 0),
		.small_kv = config_number(config, SETTING_KV_BITS, 16) == 8,
	};
	struct server *server = NULL;

	if (!catch_signals(err))
		return false;
	raise_descriptor_limit();
	s.teachers = teachers_create();
	s.seals = seals_create(SEALS_BYTES, SEALS_KEEP_NS);
	s.worker = worker_create(&options);
	s.embeddings = embeddings_create(config_text(config, SETTING_EMBEDDING_MODEL), options.threads);
	s.download = download_create(home, s.worker);
	bool ok = start(&s, config, home, &ready_fd, &server, err);
	if (ok) {
		run_until_signal(&s, server);
		log_info("stopping");
		drain(&s, server);
	} else {
		report(&ready_fd, s.life.pid_file < 0 && err->kind == ERROR_UNAVAILABLE ? "taken" : err->text);
	}
	/* Nothing is left that could be lost: a thread that does not end must not keep the process. */
	(void)alarm(STOP_SECONDS);
	server_stop(server);
	(void)alarm(0);
	life_end(&s.life);
	download_stop(s.download);
	if (ok)
		leave_if_loading(&s);
	download_destroy(s.download);
	worker_destroy(s.worker);
	embeddings_destroy(s.embeddings);
	reload_destroy(s.reload);
	books_destroy(s.books);
	teachers_destroy(s.teachers);
	seals_destroy(s.seals);
	release_signals();
	return ok;
}
