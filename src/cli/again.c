#include "cli/again.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define KEPT_MAX ((size_t)256 << 20)
#define OPTION "--conversation"

/* What is not the next program's: the file of the last time; the name under which these turns are counted. */
static size_t words_dropped(const char *word)
{
	if (strncmp(word, "--session-id=", strlen("--session-id=")) == 0)
		return 1;
	return strcmp(word, OPTION) == 0 || strcmp(word, "--session-id") == 0 ? 2 : 0;
}

char *again_keep(const struct conversation *c, struct error *err)
{
	own_mem char *path = mem_printf("%s/conversation-%ld.json", c->link->home, (long)getpid());
	own_buf text = BUF_INIT(KEPT_MAX);

	return json_write(&text, c->agent.messages, err) && file_write(path, buf_str(&text), 0600, err) ? take(path) :
		NULL;
}

bool again_take_up(struct conversation *c, const char *path, struct error *err)
{
	own_json *messages = json_parse_file(path, KEPT_MAX, err);
	size_t i;
	json_t *message;

	(void)unlink(path);
	if (!messages)
		return false;
	if (!json_is_array(messages))
		return error_set(err, ERROR_INVALID, "%s holds no conversation", path);
	json_array_foreach(messages, i, message) {
		const char *role = json_member_string(message, "role");
		if (role && strcmp(role, "system") != 0)
			json_array_append(c->agent.messages, message);
	}
	return true;
}

void again_become(const char *program, const char *path, const struct options *o, struct error *err)
{
	own_mem const char **argv = mem_zeroed(o->written_count + 4, sizeof *argv);
	size_t n = 0;
	sigset_t none;

	argv[n++] = "shammah";
	for (size_t i = 0, dropped; i < o->written_count; i += dropped ? dropped : 1) {
		dropped = words_dropped(o->written[i]);
		if (!dropped)
			argv[n++] = o->written[i];
	}
	argv[n++] = OPTION;
	argv[n++] = path;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execv(program, (char **)argv);
	error_errno(err, "cannot start %s", program);
	(void)unlink(path);
}
