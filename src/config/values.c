#include "config/values.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define TEXT_MAX ((size_t)4096)
#define LIST_MAX ((size_t)1 << 20)

void value_replace(struct value *v, char *text, char *origin)
{
	value_done(v);
	*v = (struct value){ text, origin };
}

void value_done(struct value *v)
{
	free(v->text);
	free(v->origin);
	*v = (struct value){0};
}

void setting_accepts(enum setting s, char *out, size_t size)
{
	const struct setting_info *info = &settings[s];

	if (info->kind == SETTING_AMOUNT)
		snprintf(out, size, "a number from %" PRId64 " to %" PRId64, info->least, info->most);
	else if (info->kind == SETTING_NUMBER && info->step)
		snprintf(out, size, "a multiple of %" PRId64 " from %" PRId64 " to %" PRId64, info->step, info->least,
			info->most);
	else if (info->kind == SETTING_NUMBER)
		snprintf(out, size, "a whole number from %" PRId64 " to %" PRId64, info->least, info->most);
	else if (info->kind == SETTING_SWITCH)
		snprintf(out, size, "on or off");
	else
		snprintf(out, size, "%s", info->kind == SETTING_LIST ? "a list of strings" : "a string, not empty");
}

static bool number_ok(const struct setting_info *info, const char *text)
{
	char *end;

	errno = 0;
	long long number = strtoll(text, &end, 10);
	return *text && !*end && !errno && number >= info->least && number <= info->most &&
		(!info->step || number % info->step == 0);
}

static bool amount_ok(const struct setting_info *info, const char *text)
{
	char *end;
	double amount = strtod(text, &end);

	return *text && !*end && isfinite(amount) && amount >= (double)info->least && amount <= (double)info->most;
}

bool value_ok(enum setting s, const char *text)
{
	const struct setting_info *info = &settings[s];

	if (info->kind == SETTING_NUMBER)
		return number_ok(info, text);
	if (info->kind == SETTING_AMOUNT)
		return amount_ok(info, text);
	if (info->kind == SETTING_SWITCH)
		return strcmp(text, "on") == 0 || strcmp(text, "off") == 0;
	return info->kind == SETTING_LIST || (*text && strlen(text) <= TEXT_MAX);
}

static bool add_lines(struct buf *out, const json_t *list)
{
	struct error err = {0};
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item);
		if (!text || strchr(text, '\n') || !buf_addf(out, &err, "%s%s", i ? "\n" : "", text))
			return false;
	}
	return true;
}

bool value_text(enum setting s, const json_t *value, struct buf *out)
{
	struct error err = {0};

	switch (settings[s].kind) {
	case SETTING_NUMBER:
		return json_is_integer(value) && buf_addf(out, &err, "%" JSON_INTEGER_FORMAT,
			json_integer_value(value));
	case SETTING_AMOUNT:
		return json_is_number(value) && buf_addf(out, &err, "%.15g", json_number_value(value));
	case SETTING_SWITCH:
		if (json_is_boolean(value))
			return buf_adds(out, json_is_true(value) ? "on" : "off", &err);
		return json_is_string(value) && buf_adds(out, json_string_value(value), &err);
	case SETTING_LIST:
		return json_is_array(value) && add_lines(out, value);
	default:
		return json_is_string(value) && buf_adds(out, json_string_value(value), &err);
	}
}

char *setting_from_json(enum setting s, const json_t *value)
{
	own_buf text = BUF_INIT(LIST_MAX);

	return value_text(s, value, &text) ? mem_strdup(text.data ? text.data : "") : NULL;
}

json_t *setting_to_json(enum setting s, const char *text)
{
	enum setting_kind kind = settings[s].kind;
	char *end;

	if (kind == SETTING_LIST)
		return NULL;
	if (kind == SETTING_TEXT || kind == SETTING_SWITCH)
		return json_string(text);
	errno = 0;
	long long whole = strtoll(text, &end, 10);
	if (*text && !*end && !errno)
		return json_integer(whole);
	double amount = strtod(text, &end);
	return *text && !*end && isfinite(amount) ? json_real(amount) : NULL;
}
