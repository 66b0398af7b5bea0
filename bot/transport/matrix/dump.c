#include "transport/matrix/dump.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

/* What every reader of JSON takes for the same number. */
#define INTEGER_MOST ((INT64_C(1) << 53) - 1)

/* It is written twice: first nowhere, to know how long it is. What grew instead would leave copies
 * behind, of passwords too. */
struct out {
	char *at; /* NULL: nowhere */
	size_t bytes;
	bool sorted;
};

static void add(struct out *out, const char *text, size_t bytes)
{
	if (out->at)
		memcpy(out->at + out->bytes, text, bytes);
	out->bytes += bytes;
}

static void add_text(struct out *out, const char *text)
{
	add(out, text, strlen(text));
}

static void add_escaped(struct out *out, char c)
{
	static const char shorts[] = "\bb\ff\nn\rr\tt\"\"\\\\";
	char text[] = "\\u0000";
	const char *s = shorts;

	while (*s && *s != c)
		s += 2;
	if (*s) {
		text[1] = s[1];
		text[2] = '\0';
	} else {
		g_snprintf(text, sizeof(text), "\\u%04x", (unsigned)c);
	}
	add_text(out, text);
}

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

static void add_string(struct out *out, const char *text, size_t bytes)
{
	const char *at = text, *end = text + bytes;

	add(out, "\"", 1);
	while (at < end) {
		const char *from = at;

		while (at < end && is_plain(*at))
			at++;
		add(out, from, (size_t)(at - from));
		if (at < end)
			add_escaped(out, *at++);
	}
	add(out, "\"", 1);
}

/* In UTF-8 the order of the bytes is that of the codepoints. */
static int compare_members(const void *a, const void *b)
{
	return strcmp(json_object_iter_key(*(void *const *)a),
		      json_object_iter_key(*(void *const *)b));
}

static void add_value(struct out *out, const json_t *j);

static void add_object(struct out *out, json_t *object)
{
	g_autoptr(GPtrArray) members = g_ptr_array_new();

	for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i))
		g_ptr_array_add(members, i);
	if (out->sorted)
		g_ptr_array_sort(members, compare_members);
	add_text(out, "{");
	for (unsigned i = 0; i < members->len; i++) {
		const char *key = json_object_iter_key(members->pdata[i]);

		add_text(out, i ? "," : "");
		add_string(out, key, strlen(key));
		add_text(out, ":");
		add_value(out, json_object_iter_value(members->pdata[i]));
	}
	add_text(out, "}");
}

static void add_array(struct out *out, const json_t *array)
{
	add_text(out, "[");
	for (size_t i = 0; i < json_array_size(array); i++) {
		add_text(out, i ? "," : "");
		add_value(out, json_array_get(array, i));
	}
	add_text(out, "]");
}

static void add_number(struct out *out, const json_t *j)
{
	char text[64];

	if (json_is_integer(j) || dump_is_integer(j))
		g_snprintf(text, sizeof(text), "%" G_GINT64_FORMAT,
			   json_is_integer(j) ? (gint64)json_integer_value(j)
					      : (gint64)json_real_value(j));
	else
		text[json_dumpb(j, text, sizeof(text) - 1, JSON_ENCODE_ANY)] = '\0';
	add_text(out, text);
}

static void add_value(struct out *out, const json_t *j)
{
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		/* Walking through an object wants one that might be changed. */
		add_object(out, (json_t *)j);
		return;
	case JSON_ARRAY:
		add_array(out, j);
		return;
	case JSON_STRING:
		add_string(out, json_string_value(j), json_string_length(j));
		return;
	case JSON_INTEGER:
	case JSON_REAL:
		add_number(out, j);
		return;
	case JSON_TRUE:
		add_text(out, "true");
		return;
	case JSON_FALSE:
		add_text(out, "false");
		return;
	case JSON_NULL:
		add_text(out, "null");
		return;
	}
	g_assert_not_reached();
}

static char *dump(const json_t *value, bool sorted)
{
	struct out out = { .sorted = sorted };

	add_value(&out, value);
	out.at = g_malloc(out.bytes + 1);
	out.at[out.bytes] = '\0';
	out.bytes = 0;
	add_value(&out, value);
	return out.at;
}

char *dump_json(const json_t *value)
{
	return dump(value, false);
}

char *dump_sorted(const json_t *value)
{
	return dump(value, true);
}

bool dump_is_integer(const json_t *number)
{
	double n = json_number_value(number);

	if (json_is_integer(number))
		return json_integer_value(number) >= -INTEGER_MOST &&
		       json_integer_value(number) <= INTEGER_MOST;
	return n >= -(double)INTEGER_MOST && n <= (double)INTEGER_MOST && (double)(int64_t)n == n;
}
