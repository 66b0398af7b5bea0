/* What was checked, read in place. Nothing here looks beyond the span it is given. */
#include "transport/matrix/span.h"
#include "transport/matrix/span_private.h"

#include <glib.h>
#include <stdarg.h>

static char first_of(struct span s)
{
	return s.at && s.bytes ? *s.at : '\0';
}

bool span_is_object(struct span s)
{
	return first_of(s) == '{';
}

bool span_is_array(struct span s)
{
	return first_of(s) == '[';
}

bool span_is_string(struct span s)
{
	return first_of(s) == '"' && s.bytes >= 2;
}

bool span_is_true(struct span s)
{
	return first_of(s) == 't';
}

bool span_int(struct span s, int64_t *ret)
{
	bool negative = first_of(s) == '-';
	int64_t value = 0;

	if (s.bytes == (size_t)negative || !s.at)
		return false;
	const char *at = s.at + negative, *end = s.at + s.bytes;
	/* Counted downwards: there is one negative number more. */
	for (; at < end; at++)
		if (!g_ascii_isdigit(*at) || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *at - '0', &value))
			return false;
	if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
		return false;
	*ret = value;
	return true;
}

const char *span_behind_string(const char *at, const char *end)
{
	at++;
	for (;;) {
		while (end - at >= 8) {
			uint64_t word = span_word(at);
			uint64_t marks = span_equal(word, '"') | span_equal(word, '\\');

			if (marks) {
				at += span_lowest(marks);
				break;
			}
			at += 8;
		}
		while (at < end && *at != '"' && *at != '\\')
			at++;
		if (at == end)
			return end;
		if (*at == '"')
			return at + 1;
		if (end - at < 2)
			return end;
		at += 2;
	}
}

/* Behind the object or array that `at` opens. */
static const char *behind_container(const char *at, const char *end)
{
	unsigned depth = 0;

	while (at < end) {
		switch (*at) {
		case '"':
			at = span_behind_string(at, end);
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			depth--;
			break;
		}
		at++;
		if (depth == 0)
			break;
	}
	return at;
}

static const char *behind_value(const char *at, const char *end)
{
	switch (*at) {
	case '"':
		return span_behind_string(at, end);
	case '{':
	case '[':
		return behind_container(at, end);
	}
	while (at < end && *at != ',' && *at != '}' && *at != ']' && !span_space(*at))
		at++;
	return at;
}

static unsigned hex4(const char *at)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++)
		value = value * 16 + (unsigned)g_ascii_xdigit_value(at[i]);
	return value;
}

/* RFC 8259: 7. What the \u at *at stands for, which may be two of them; *at is moved behind. */
static uint32_t unescaped_unicode(const char **at, const char *end)
{
	uint32_t c = hex4(*at + 2);

	*at += 6;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
		uint32_t low = hex4(*at + 2);

		if (low >= 0xdc00 && low <= 0xdfff) {
			*at += 6;
			return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	return 0xfffd;
}

/* The escape at *at, which is moved behind it; returns how many bytes it became. */
static size_t unescape(const char **at, const char *end, char *out)
{
	static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";

	if ((*at)[1] == 'u') {
		uint32_t c = unescaped_unicode(at, end);

		return c ? (size_t)g_unichar_to_utf8(c, out) : 0;
	}
	const char *letter = strchr(letters, (*at)[1]);
	*out = letter ? meant[letter - letters] : (*at)[1];
	*at += 2;
	return 1;
}

char *span_text(struct span s)
{
	if (!span_is_string(s))
		return NULL;

	const char *at = s.at + 1, *end = s.at + s.bytes - 1;
	const char *escape = memchr(at, '\\', (size_t)(end - at));
	if (!escape)
		return g_strndup(at, (size_t)(end - at));
	/* No escape is shorter than what it stands for. */
	char *text = g_malloc((size_t)(end - at) + 1), *out = text;
	while (escape) {
		memcpy(out, at, (size_t)(escape - at));
		out += escape - at;
		at = escape;
		out += unescape(&at, end, out);
		escape = memchr(at, '\\', (size_t)(end - at));
	}
	memcpy(out, at, (size_t)(end - at));
	out[end - at] = '\0';
	return text;
}

bool span_says(struct span s, const char *text)
{
	size_t n = strlen(text);

	/* An escape is longer than what it stands for. */
	if (!span_is_string(s) || s.bytes - 2 < n)
		return false;
	if (!memchr(s.at, '\\', s.bytes))
		return s.bytes - 2 == n && !memcmp(s.at + 1, text, n);
	g_autofree char *said = span_text(s);
	return said && !strcmp(said, text);
}

struct span span_get(struct span object, const char *key)
{
	struct span found = { 0 };

	for (struct span_each i = span_each(object); span_next(&i);)
		if (span_says(i.key, key))
			found = i.value;
	return found;
}

struct span span_at(struct span s, ...)
{
	va_list keys;

	va_start(keys, s);
	for (const char *key; s.at && (key = va_arg(keys, const char *));)
		s = span_get(s, key);
	va_end(keys);
	return s;
}

struct span_each span_each(struct span s)
{
	if (!span_is_object(s) && !span_is_array(s))
		return (struct span_each){ 0 };
	return (struct span_each){ .next = s.at + 1, .end = s.at + s.bytes };
}

static const char *behind_space(const char *at, const char *end)
{
	while (at < end && span_space(*at))
		at++;
	return at;
}

bool span_next(struct span_each *i)
{
	const char *at = i->next, *end = i->end;

	if (!at)
		return false;
	at = behind_space(at, end);
	if (at < end && *at == ',')
		at = behind_space(at + 1, end);
	if (at >= end || *at == '}' || *at == ']') {
		i->next = NULL;
		return false;
	}
	const char *behind = behind_value(at, end);
	i->value = (struct span){ at, (size_t)(behind - at) };
	behind = behind_space(behind, end);
	i->key = (struct span){ 0 };
	if (behind < end && *behind == ':') {
		i->key = i->value;
		at = behind_space(behind + 1, end);
		behind = at < end ? behind_value(at, end) : end;
		i->value = (struct span){ at, (size_t)(behind - at) };
	}
	i->next = behind;
	return true;
}
