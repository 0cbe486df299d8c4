/*
 * One walk over the text.  Wherever a name or a token could begin, each finder looks
 * whether a secret does; those that find nothing look at no more than a few bytes, or
 * at what no other place looks at again.
 */
#include "permit/secrets.h"

#include "base/utf8.h"
#include "permit/secrets_parts.h"

enum { MEMBERS_MAX = 20, LEVELS_MAX = 4 };

/* A little of what follows the part that is kept is looked at as well: a secret may begin before the cut. */
#define MARGIN ((size_t)4096)

static bool begins_name(const struct secret_scan *s)
{
	return is_name_char(s->text.p[s->at]) && (s->at == 0 || !is_name_char(s->text.p[s->at - 1]));
}

static struct secret_span find(struct secret_scan *s)
{
	char c = s->text.p[s->at];
	struct secret_span found = {0};

	if (strchr("\n;|", c))
		s->program = NULL;
	if (c == ':')
		return secret_address(s);
	if (c == '-' && (found = secret_pem(s)).end)
		return found;
	if (!begins_name(s))
		return found;
	if ((found = secret_token(s)).end || (found = secret_option(s)).end)
		return found;
	return secret_named(s);
}

struct writing {
	struct buf *out;
	size_t kept;               /* the text up to here is written */
};

static bool write_masked(struct secret_scan *s, struct writing *w, struct secret_span span, struct error *err)
{
	if (!buf_add(w->out, s->text.p + w->kept, span.begin - w->kept, err) || !buf_adds(w->out, SECRET_MASK, err))
		return false;
	w->kept = s->at = span.end;
	return true;
}

bool secrets_mask(struct str text, struct buf *out, struct error *err)
{
	struct secret_scan s = { .text = text };
	struct secret_span ahead = {0};        /* found, but what is before it has not been walked */
	struct writing w = { .out = out };

	while (s.at < text.n) {
		bool waiting = ahead.end > s.at;
		struct secret_span found = waiting && s.at >= ahead.begin ? (struct secret_span){ s.at, ahead.end } :
			!waiting ? find(&s) : begins_name(&s) ? secret_token(&s) : (struct secret_span){0};
		if (found.end && (waiting || found.begin == s.at)) {
			if (!write_masked(&s, &w, found, err))
				return false;
			continue;
		}
		if (found.end)
			ahead = found;
		s.at++;
	}
	return buf_add(out, text.p + w.kept, text.n - w.kept, err);
}

/* --- arguments ------------------------------------------------------------------------- */

static json_t *mask_string(struct str name, struct str value, size_t longest)
{
	bool long_text = value.n > longest + MARGIN;
	struct str beginning = { value.p, long_text ? longest + MARGIN : value.n };
	own_buf out = BUF_INIT(beginning.n * sizeof SECRET_MASK + 100);
	struct error err = {0};

	if (secret_is_named(name, value))
		return json_string(SECRET_MASK);
	if (!secrets_mask(beginning, &out, &err))
		return json_string(SECRET_MASK);
	if (out.len > longest || long_text) {
		size_t n = out.len < longest ? out.len : longest;
		buf_truncate(&out, n - utf8_incomplete_tail(out.data, n));
		buf_putf(&out, "… (%zu bytes)", value.n);
	}
	json_t *masked = json_stringn(out.data, out.len);
	return masked ? masked : json_string("(no UTF-8)");
}

static json_t *mask_value(struct str name, const json_t *value, size_t longest, unsigned level);

static json_t *mask_object(const json_t *object, size_t longest, unsigned level)
{
	json_t *out = json_object(), *value;
	const char *key;

	json_object_foreach((json_t *)object, key, value) {
		if (json_object_size(out) == MEMBERS_MAX) {
			json_object_set_new(out, "…", json_integer((json_int_t)json_object_size(object)));
			break;
		}
		own_json *name = mask_string((struct str){0}, str_of(key), longest);
		json_object_set_new(out, json_string_value(name), mask_value(str_of(key), value, longest, level));
	}
	return out;
}

static json_t *mask_list(struct str name, const json_t *list, size_t longest, unsigned level)
{
	json_t *out = json_array(), *value;
	size_t i;

	json_array_foreach(list, i, value) {
		if (i == MEMBERS_MAX) {
			json_array_append_new(out, json_sprintf("… (%zu)", json_array_size(list)));
			break;
		}
		json_array_append_new(out, mask_value(name, value, longest, level));
	}
	return out;
}

static json_t *mask_value(struct str name, const json_t *value, size_t longest, unsigned level)
{
	if (json_is_string(value))
		return mask_string(name, (struct str){ json_string_value(value), json_string_length(value) }, longest);
	if (!json_is_object(value) && !json_is_array(value))
		return json_deep_copy(value);
	if (level == LEVELS_MAX)
		return json_string("…");
	return json_is_object(value) ? mask_object(value, longest, level + 1) :
		mask_list(name, value, longest, level + 1);
}

json_t *secrets_arguments(const json_t *input, size_t longest)
{
	return input ? mask_value((struct str){0}, input, longest, 0) : json_null();
}
