#include "config/toml_verify.h"

#include "config/toml.h"

/* The member or element that one step leads to; NULL: none. */
static json_t *child(const json_t *at, const json_t *step)
{
	return json_is_integer(step) ? json_array_get(at, (size_t)json_integer_value(step)) :
		json_object_get(at, json_string_value(step));
}

/* What the first `steps` of a path lead to; tables on the way are made where asked for. */
static json_t *walk(json_t *at, const json_t *path, size_t steps, bool make)
{
	for (size_t i = 0; at && i < steps; i++) {
		const json_t *step = json_array_get(path, i);
		json_t *next = child(at, step);
		if (!next && make && json_is_object(at) && json_is_string(step)) {
			next = json_object();
			json_object_set_new(at, json_string_value(step), next);
		}
		at = next;
	}
	return at;
}

static bool drop(json_t *at, const json_t *step)
{
	return json_is_integer(step) ? json_array_remove(at, (size_t)json_integer_value(step)) == 0 :
		json_object_del(at, json_string_value(step)) == 0;
}

static bool append(json_t *tree, const json_t *path, const json_t *value)
{
	size_t last = json_array_size(path) - 1;
	json_t *above = walk(tree, path, last, true);
	const char *name = json_string_value(json_array_get(path, last));

	if (!json_object_get(above, name))
		json_object_set_new(above, name, json_array());
	return json_array_append_new(json_object_get(above, name), json_deep_copy(value)) == 0;
}

static bool move(json_t *list, const json_t *from, size_t to)
{
	json_t *moved = json_incref(child(list, from));

	return drop(list, from) && json_array_insert_new(list, to, moved) == 0;
}

bool toml_wanted_apply(json_t *tree, const struct toml_wanted *w)
{
	size_t last = json_array_size(w->path) - 1;
	const json_t *step = json_array_get(w->path, last);

	if (w->deed == TOML_ADD)
		return append(tree, w->path, w->value);
	json_t *above = walk(tree, w->path, last, w->deed == TOML_SET);
	if (w->deed == TOML_REMOVE)
		return drop(above, step);
	if (w->deed == TOML_MOVE)
		return move(above, step, w->to);
	return json_object_set_new(above, json_string_value(step), json_deep_copy(w->value)) == 0;
}

/* A table that has lost its last key may be gone with it. */
static bool equal_after_removal(json_t *expected, const json_t *got, const json_t *path)
{
	for (size_t steps = json_array_size(path) - 1; ; steps--) {
		if (json_equal(expected, got))
			return true;
		const json_t *left = walk(expected, path, steps, false);
		if (!steps || json_object_size(left) || json_array_size(left) ||
			!drop(walk(expected, path, steps - 1, false), json_array_get(path, steps - 1)))
			return false;
	}
}

static json_t *parse(struct str text, const char *what, struct error *err)
{
	json_t *root = NULL;
	own_json *lines = NULL;

	return toml_parse(text, what, &root, &lines, err) ? root : NULL;
}

bool toml_verify(
	struct str old, struct str fresh, const struct toml_wanted *wanted, const char *what, struct error *err)
{
	struct error why = {0};
	own_json *expected = parse(old, what, err);

	if (!expected)
		return false;
	own_json *got = parse(fresh, what, &why);
	if (got && toml_wanted_apply(expected, wanted) && (wanted->deed == TOML_REMOVE ?
		equal_after_removal(expected, got, wanted->path) : json_equal(expected, got)))
		return true;
	return error_set(err, ERROR_INVALID, "%s: this cannot be changed safely, since it is written in an unusual "
		"way; change it by hand", what);
}
