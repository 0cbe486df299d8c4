#include "daemon/teacher_key.h"

#include <string.h>

#include "base/mem.h"

void teacher_key_init(struct teacher_key *k, const char *fixed, const char *helper, unsigned ttl_s)
{
	*k = (struct teacher_key){ .fixed = mem_strdup(fixed), .helper = mem_strdup(helper), .ttl_s = ttl_s };
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->ready, NULL);
}

void teacher_key_forget(char *key)
{
	if (key)
		explicit_bzero(key, strlen(key));
	free(key);
}

void teacher_key_done(struct teacher_key *k)
{
	teacher_key_forget(k->fixed);
	teacher_key_forget(k->printed);
	free(k->helper);
	pthread_cond_destroy(&k->ready);
	pthread_mutex_destroy(&k->lock);
}

bool teacher_key_exists(const struct teacher_key *k)
{
	return k->fixed != NULL;
}

bool teacher_key_get(struct teacher_key *k, const char *refused, struct cancel *cancel, char **key, struct error *err)
{
	(void)cancel;
	*key = mem_strdup(k->fixed);
	if (!refused)
		return true;
	teacher_key_forget(*key);
	*key = NULL;
	return error_set(err, ERROR_DENIED, "there is no other key");
}
