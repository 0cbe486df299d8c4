/*
 * References are followed and allOf is joined, so that all keywords of a schema lie
 * open.  A reference that leads to where it stands is cut there.
 */
#include "provider/gemini_walk.h"

bool walk_refuse(struct walk *w, const char *keyword)
{
	return error_set(w->err, ERROR_INVALID, "response_format: Gemini cannot hold an answer to \"%.60s\" of JSON "
		"Schema; leave it out, or ask another teacher", keyword);
}

bool walk_lose(struct walk *w, const char *keyword)
{
	w->lost = true;
	return !w->exact || walk_refuse(w, keyword);
}

static void append_missing(json_t *list, const json_t *more)
{
	const json_t *item, *there;
	size_t i, k;

	json_array_foreach((json_t *)more, i, item) {
		bool found = false;
		json_array_foreach(list, k, there)
			found = found || json_equal(item, there);
		if (!found)
			json_array_append(list, (json_t *)item);
	}
}

/* What two say of one property must both hold. */
static void join_properties(json_t *both, const json_t *more)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)more, name, value) {
		json_t *there = json_object_get(both, name);
		if (!there)
			json_object_set(both, name, value);
		else if (!json_equal(there, value))
			json_object_set_new(both, name, json_pack("{s:[O, O]}", "allOf", there, value));
	}
}

/* One keyword of a schema that must hold as well; what stands there already wins where there is no saying both. */
static bool join_keyword(struct walk *w, json_t *flat, const char *name, json_t *value)
{
	json_t *there = json_object_get(flat, name);     /* may be the client's own: copied before it is changed */

	if (!there)
		return json_object_set(flat, name, value) == 0;
	if (strcmp(name, "$ref") == 0) {
		json_t *parts = json_copy(json_object_get(flat, "allOf"));
		parts = parts ? parts : json_array();
		json_array_append_new(parts, json_pack("{s:O}", name, value));
		return json_object_set_new(flat, "allOf", parts) == 0;
	}
	own_json *both = json_copy(there);
	if (json_is_object(both) && json_is_object(value) && strcmp(name, "properties") == 0)
		join_properties(both, value);
	else if (json_is_array(both) && json_is_array(value) &&
		(strcmp(name, "required") == 0 || strcmp(name, "allOf") == 0))
		append_missing(both, value);
	else if (!json_equal(there, value) && strcmp(name, "description") && strcmp(name, "title") &&
		!walk_lose(w, name))
		return false;
	return json_object_set(flat, name, both) == 0;
}

static bool join(struct walk *w, json_t *flat, const json_t *other)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)other, name, value)
		if (!join_keyword(w, flat, name, value))
			return false;
	return true;
}

static bool is_open(const struct walk *w, const json_t *target)
{
	for (size_t i = 0; i < w->open_count; i++)
		if (w->open[i] == target)
			return true;
	return w->open_count == WALK_OPEN_MAX;
}

static bool follow(struct walk *w, json_t *flat)
{
	struct str reference = json_member_str(flat, "$ref");
	const json_t *target = NULL;

	if (reference.n && reference.p[0] == '#')
		target = json_pointer(w->root, str_from(reference, 1));
	json_object_del(flat, "$ref");
	if (!json_is_object(target) || is_open(w, target)) {
		json_t *type = json_object_get(target, "type");
		if (type && !json_object_get(flat, "type"))
			json_object_set(flat, "type", type);
		return walk_lose(w, "$ref");
	}
	w->open[w->open_count++] = target;
	return join(w, flat, target);
}

json_t *walk_open(struct walk *w, const json_t *schema)
{
	own_json *flat = json_copy((json_t *)schema);

	for (int step = 0; step < 2 * WALK_OPEN_MAX; step++) {
		own_json *parts = json_incref(json_object_get(flat, "allOf"));
		const json_t *part;
		size_t i;
		if (json_object_get(flat, "$ref")) {
			if (!follow(w, flat))
				return NULL;
			continue;
		}
		if (!parts)
			break;
		json_object_del(flat, "allOf");
		json_array_foreach(parts, i, part)
			if (!join(w, flat, part))
				return NULL;
	}
	return take(flat);
}
