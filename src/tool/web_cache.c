#include "tool/web_cache.h"

#include "base/mem.h"

void web_cache_init(struct web_cache *c)
{
	*c = (struct web_cache){0};
	pthread_mutex_init(&c->lock, NULL);
}

static void drop(struct web_cache *c, struct web_cache_entry *e)
{
	c->held -= e->n;
	free(e->key);
	free(e->bytes);
	*e = (struct web_cache_entry){0};
}

void web_cache_done(struct web_cache *c)
{
	for (size_t i = 0; i < WEB_CACHE_ENTRIES; i++)
		drop(c, &c->entries[i]);
	pthread_mutex_destroy(&c->lock);
}

static struct web_cache_entry *find(struct web_cache *c, const char *key)
{
	for (size_t i = 0; i < WEB_CACHE_ENTRIES; i++)
		if (c->entries[i].key && strcmp(c->entries[i].key, key) == 0)
			return &c->entries[i];
	return NULL;
}

bool web_cache_get(struct web_cache *c, const char *key, uint64_t now, struct buf *out)
{
	bool found = false;

	pthread_mutex_lock(&c->lock);
	struct web_cache_entry *e = find(c, key);
	if (e && now >= e->until)
		drop(c, e);
	else if (e)
		found = buf_add(out, e->bytes, e->n, &(struct error){0});
	pthread_mutex_unlock(&c->lock);
	return found;
}

static struct web_cache_entry *oldest(struct web_cache *c)
{
	struct web_cache_entry *found = NULL;

	for (size_t i = 0; i < WEB_CACHE_ENTRIES; i++)
		if (c->entries[i].key && (!found || c->entries[i].came < found->came))
			found = &c->entries[i];
	return found;
}

static struct web_cache_entry *unused(struct web_cache *c)
{
	for (size_t i = 0; i < WEB_CACHE_ENTRIES; i++)
		if (!c->entries[i].key)
			return &c->entries[i];
	return NULL;
}

void web_cache_put(struct web_cache *c, const char *key, struct str bytes, uint64_t now, uint64_t keep_ms)
{
	if (bytes.n > WEB_CACHE_MAX)
		return;
	pthread_mutex_lock(&c->lock);
	struct web_cache_entry *e = find(c, key);
	if (e)
		drop(c, e);
	while (!(e = unused(c)) || c->held + bytes.n > WEB_CACHE_MAX)
		drop(c, oldest(c));
	*e = (struct web_cache_entry){ mem_strdup(key), mem_strndup(bytes.p, bytes.n), bytes.n, now, now + keep_ms };
	c->held += bytes.n;
	pthread_mutex_unlock(&c->lock);
}
