#include "daemon/teacher_list.h"

#include <stddef.h>

#include "base/mem.h"
#include "config/teachers.h"

static const struct field {
	const char *name;
	size_t offset;             /* of a string that may be missing */
} fields[] = {
	{ "name", offsetof(struct teacher_config, name) },
	{ "provider", offsetof(struct teacher_config, provider) },
	{ "model", offsetof(struct teacher_config, model) },
	{ "base_url", offsetof(struct teacher_config, base_url) },
	{ "key", offsetof(struct teacher_config, key.text) },
	{ "origin", offsetof(struct teacher_config, key.origin) },
	{ "helper", offsetof(struct teacher_config, helper) },
	{ "opus", offsetof(struct teacher_config, stands_for[0]) },
	{ "sonnet", offsetof(struct teacher_config, stands_for[1]) },
	{ "haiku", offsetof(struct teacher_config, stands_for[2]) },
};

static char **text_at(struct teacher_config *t, const struct field *f) { return (char **)((char *)t + f->offset); }

static json_t *teacher_json(struct teacher_config *t)
{
	json_t *object = json_pack("{s:b, s:i, s:b, s:I}", "bearer", (int)t->bearer, "uncached", (int)t->uncached,
		"lasting", (int)t->lasting, "helper_ttl_s", (json_int_t)t->helper_ttl_s);
	json_t *headers = json_array();

	for (const struct field *f = fields; f < fields + countof(fields); f++)
		if (*text_at(t, f))
			json_object_set_new(object, f->name, json_string(*text_at(t, f)));
	if (t->priced)
		json_object_set_new(object, "price",
			json_pack("[I, I]", (json_int_t)t->price_input, (json_int_t)t->price_output));
	for (size_t i = 0; t->headers && t->headers[i]; i++)
		json_array_append_new(headers, json_string(t->headers[i]));
	json_object_set_new(object, "headers", headers);
	return object;
}

json_t *teacher_list_json(const struct teacher_config *list, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		struct teacher_config view = list[i];
		json_array_append_new(array, teacher_json(&view));
	}
	return array;
}

static bool read_headers(struct teacher_config *t, const json_t *list, struct error *err)
{
	size_t count = json_array_size(list);

	if (list && (!json_is_array(list) || count > TEACHER_HEADERS_MAX))
		return error_set(err, ERROR_INVALID, "headers must be a list of at most %d", TEACHER_HEADERS_MAX);
	if (!count)
		return true;
	t->headers = mem_zeroed(count + 1, sizeof *t->headers);
	for (size_t i = 0; i < count; i++) {
		const char *line = json_string_value(json_array_get(list, i));
		if (!line)
			return error_set(err, ERROR_INVALID, "headers must be strings");
		t->headers[i] = mem_strdup(line);
	}
	return true;
}

/* [input, output], in micro-dollars for a million tokens. */
static bool read_price(struct teacher_config *t, const json_t *price, struct error *err)
{
	json_int_t input = json_integer_value(json_array_get(price, 0));
	json_int_t output = json_integer_value(json_array_get(price, 1));

	if (!price)
		return true;
	if (json_array_size(price) != 2 || input < 0 || input > UINT32_MAX || output < 0 || output > UINT32_MAX)
		return error_set(err, ERROR_INVALID, "a teacher's price must be two numbers of micro-dollars");
	t->priced = true;
	t->price_input = (uint32_t)input;
	t->price_output = (uint32_t)output;
	return true;
}

static bool read_teacher(struct teacher_config *t, const json_t *object, struct error *err)
{
	if (!json_is_object(object))
		return error_set(err, ERROR_INVALID, "teachers must be a list of objects");
	for (const struct field *f = fields; f < fields + countof(fields); f++) {
		const json_t *value = json_object_get(object, f->name);
		if (value && !json_is_null(value) && !json_is_string(value))
			return error_set(err, ERROR_INVALID, "a teacher's %s must be a string", f->name);
		*text_at(t, f) = mem_strdup(json_string_value(value));
	}
	if (!t->name || !t->provider)
		return error_set(err, ERROR_INVALID, "a teacher needs a name and a provider");
	t->bearer = json_is_true(json_object_get(object, "bearer"));
	t->uncached = (unsigned)json_integer_value(json_object_get(object, "uncached"));
	t->lasting = json_is_true(json_object_get(object, "lasting"));
	json_int_t ttl = json_integer_value(json_object_get(object, "helper_ttl_s"));
	t->helper_ttl_s = ttl > 0 && ttl < UINT32_MAX ? (unsigned)ttl : 0;
	return read_price(t, json_object_get(object, "price"), err) &&
		read_headers(t, json_object_get(object, "headers"), err);
}

static void forget_list(struct teacher_config *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		teacher_config_done(&list[i]);
	free(list);
}

/* New, of `count`, for forget_list(); NULL when it is wrong. */
static struct teacher_config *read_list(const json_t *list, size_t *count, struct error *err)
{
	size_t n = json_array_size(list);
	bool ok = json_is_array(list) && n <= TEACHER_LIST_MAX;

	*count = 0;
	if (!ok) {
		error_set(err, ERROR_INVALID, "teachers must be a list of at most %d", TEACHER_LIST_MAX);
		return NULL;
	}
	struct teacher_config *read = mem_zeroed(n + 1, sizeof *read);
	for (; ok && *count < n; ++*count)
		ok = read_teacher(&read[*count], json_array_get(list, *count), err);
	if (ok)
		return read;
	forget_list(read, *count);
	*count = 0;
	return NULL;
}

bool teacher_list_use(struct teachers *t, const json_t *list, struct error *err)
{
	size_t count;
	struct teacher_config *read = read_list(list, &count, err);
	bool ok = read && teachers_set(t, read, count, err);

	forget_list(read, count);
	return ok;
}

bool teacher_list_bring(struct teachers *t, const json_t *list, char id[TEACHER_LIST_ID + 1], struct error *err)
{
	struct buf text = BUF_INIT(TEACHER_LIST_BYTES);
	size_t count;
	struct teacher_config *read = read_list(list, &count, err);
	bool ok = read && json_write(&text, list, err) && teachers_bring(t, read, count, buf_str(&text), id, err);

	forget_list(read, count);
	if (text.data)
		explicit_bzero(text.data, text.len);
	buf_done(&text);
	return ok;
}
