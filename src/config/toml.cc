/*
 * toml++ is header-only and Debian's; it is compiled here without exceptions, so
 * that a failed parse is a result like any other.  Only memory that runs out ends
 * the program, as everywhere (base/mem.h).
 *
 * Some of its assertions do not hold for texts that are merely wrong ("[=]"), and what
 * follows them says so properly: they are off (the fuzz target watches what that means).
 *
 * Its parser counts how deep brackets nest, but not how deep dotted keys do, and a
 * tree as deep as a text is long would overflow the stack when it is taken down:
 * that is refused before.
 */
#undef NDEBUG                    /* with it assertions would become promises to the compiler */
#define TOML_ASSERT(condition) static_assert(true)
#undef TOML_SHARED_LIB           /* where packages would link their own build of it */
#undef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 32
#include <toml++/toml.h>

#include <algorithm>
#include <vector>

#include "config/toml.h"

static_assert(TOML_MAX_NESTED_VALUES == TOML_DEPTH, "the header says what is refused");

namespace {

bool refuse(struct error *err, const char *what, unsigned line, const char *why)
{
	return error_set(err, ERROR_INVALID, "%s:%u: not valid TOML: %s", what, line, why);
}

bool check_dots(struct str text, const char *what, struct error *err)
{
	unsigned line = 1, dots = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n') {
			line++;
			dots = 0;
		} else if (text.p[i] == '.' && ++dots > TOML_LINE_DOTS) {
			return refuse(err, what, line, "a line with more than 128 dots; write it in several lines");
		}
	}
	return true;
}

struct converter {
	const char *what;
	struct error *err;
};

bool convert(const converter &c, const toml::node &node, unsigned line, int depth, json_t **value, json_t **lines);

/* A string that C can hold. */
json_t *text_value(const std::string &text)
{
	return text.find('\0') == std::string::npos ? json_stringn(text.data(), text.size()) : nullptr;
}

json_t *dated(const toml::node &node)
{
	char text[64];

	if (const auto *date = node.as_date()) {
		snprintf(text, sizeof text, "%04d-%02d-%02d", date->get().year, date->get().month, date->get().day);
	} else if (const auto *time = node.as_time()) {
		snprintf(text, sizeof text, "%02d:%02d:%02d", time->get().hour, time->get().minute, time->get().second);
	} else {
		const toml::date_time &both = node.as_date_time()->get();
		snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", both.date.year, both.date.month,
			both.date.day, both.time.hour, both.time.minute, both.time.second);
	}
	return json_string(text);
}

/* NULL for what JSON cannot hold. */
json_t *scalar(const toml::node &node)
{
	switch (node.type()) {
	case toml::node_type::string: return text_value(node.as_string()->get());
	case toml::node_type::integer: return json_integer(node.as_integer()->get());
	case toml::node_type::floating_point: return json_real(node.as_floating_point()->get());
	case toml::node_type::boolean: return json_boolean(node.as_boolean()->get());
	default: return dated(node);
	}
}

bool convert_table(const converter &c, const toml::table &table, int depth, json_t *value, json_t *lines)
{
	struct member { const toml::key *key; const toml::node *node; };
	std::vector<member> members;

	for (auto &&[key, node] : table)
		members.push_back({ &key, &node });
	/* The library sorts by name; we go on as it is written. */
	std::sort(members.begin(), members.end(), [](const member &a, const member &b) {
		return a.key->source().begin < b.key->source().begin;
	});
	for (const member &m : members) {
		const toml::key &key = *m.key;
		unsigned line = key.source().begin.line;
		json_t *member, *place;
		if (key.str().find('\0') != std::string_view::npos)
			return refuse(c.err, c.what, line, "a key with a NUL character in it");
		if (!convert(c, *m.node, line, depth + 1, &member, &place))
			return false;
		json_object_set_new(value, std::string(key.str()).c_str(), member);
		json_object_set_new(lines, std::string(key.str()).c_str(), place);
	}
	return true;
}

bool convert_array(const converter &c, const toml::array &array, int depth, json_t *value, json_t *lines)
{
	for (auto &&node : array) {
		json_t *member, *place;
		if (!convert(c, node, node.source().begin.line, depth + 1, &member, &place))
			return false;
		json_array_append_new(value, member);
		json_array_append_new(lines, place);
	}
	return true;
}

/* On failure nothing is the caller's, and *value NULL. */
bool convert(const converter &c, const toml::node &node, unsigned line, int depth, json_t **value, json_t **lines)
{
	json_t *inside = nullptr;
	bool ok = true;

	if (depth > TOML_DEPTH)
		return refuse(c.err, c.what, line, "nested more than 32 deep");
	if (const auto *table = node.as_table()) {
		*value = json_object();
		inside = json_object();
		ok = convert_table(c, *table, depth, *value, inside);
	} else if (const auto *array = node.as_array()) {
		*value = json_array();
		inside = json_array();
		ok = convert_array(c, *array, depth, *value, inside);
	} else if (!(*value = scalar(node))) {
		return refuse(c.err, c.what, line, "a number that is none, or a NUL character");
	}
	if (!ok) {
		json_decref(*value);
		json_decref(inside);
		*value = nullptr;
		return false;
	}
	*lines = json_array();
	json_array_append_new(*lines, json_integer(line));
	if (inside)
		json_array_append_new(*lines, inside);
	return true;
}

/* The parser's reason, without the pieces of the text it quotes: one may be a key. */
std::string without_quotes(std::string_view reason)
{
	std::string kept;

	for (size_t i = 0; i < reason.size(); i++) {
		size_t end = reason[i] == '\'' ? reason.find('\'', i + 1) : std::string_view::npos;
		if (reason[i] == '\'') {
			kept += "'...'";
			if (end == std::string_view::npos)
				break;
			i = end;
		} else {
			kept += reason[i];
		}
	}
	return kept;
}

}

extern "C" bool toml_parse(struct str text, const char *what, json_t **root, json_t **lines, struct error *err)
{
	if (!check_dots(text, what, err))
		return false;
	toml::parse_result result = toml::parse(std::string_view(text.p, text.n));
	if (!result)
		return refuse(err, what, result.error().source().begin.line,
			without_quotes(result.error().description()).c_str());
	return convert({ what, err }, result.table(), 1, 0, root, lines);
}

extern "C" int toml_line(const json_t *lines, const char *path)
{
	int line = (int)json_integer_value(json_array_get(lines, 0));

	while (*path) {
		const json_t *inside = json_array_get(lines, 1);
		if (*path == '[') {
			lines = json_array_get(inside, strtoul(path + 1, nullptr, 10));
			path += strcspn(path, "]");
			path += *path == ']';
		} else {
			size_t n = strcspn(path, ".[");
			lines = json_object_get(inside, std::string(path, n).c_str());
			path += n;
		}
		path += *path == '.';
		if (!lines)
			break;
		line = (int)json_integer_value(json_array_get(lines, 0));
	}
	return line;
}
