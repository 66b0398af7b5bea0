/* The promises of transport/matrix/span.h for any bytes, and what jansson takes of them. */
#include "transport/matrix/span.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool within(struct span s, struct span whole)
{
	return s.bytes > 0 && s.at >= whole.at && s.at + s.bytes <= whole.at + whole.bytes;
}

static void is_tame(struct span s)
{
	g_autofree char *text = span_text(s);
	int64_t n;

	assert(!text == !span_is_string(s));
	if (text) {
		assert(strlen(text) <= s.bytes - 2 && g_utf8_validate(text, -1, NULL));
		assert(span_says(s, text));
	}
	if (span_int(s, &n) && *s.at != '-') {
		g_autofree char *written = g_strdup_printf("%" G_GINT64_FORMAT, n);
		assert(strlen(written) == s.bytes && !memcmp(written, s.at, s.bytes));
	}
}

/* Each value is what a check of its own bytes says it is, and where the index says it is. */
static void goes_through(const struct spans *index, int64_t node, struct span whole)
{
	int64_t child = spans_first(index, node);
	struct span alone;

	assert(span_check(whole.at, whole.bytes, &alone, NULL) == 0);
	assert(alone.at == whole.at && alone.bytes == whole.bytes);
	assert(spans_value(index, node).at == whole.at);
	assert(spans_value(index, node).bytes == whole.bytes);
	is_tame(whole);
	for (struct span_each i = span_each(whole); span_next(&i);) {
		assert(within(i.value, whole));
		assert(span_is_object(whole) == span_is_string(i.key));
		if (i.key.at) {
			g_autofree char *key = span_text(i.key);
			assert(within(i.key, whole) && span_get(whole, key).at >= i.value.at);
		}
		assert(spans_key(index, child).at == i.key.at);
		assert(spans_key(index, child).bytes == i.key.bytes);
		goes_through(index, child, i.value);
		child = spans_next(index, child);
	}
	assert(child == SPANS_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_memdup2(data, size);
	struct span s = { 0 };
	struct spans *index;
	size_t at = SIZE_MAX, index_at = SIZE_MAX;
	int r = span_check(text, size, &s, &at);

	assert(spans_new(text, size, SPAN_DEPTH_MOST, NULL, NULL, &index, &index_at) == r);
	/* To jansson a NUL between two values is the end. */
	json_t *tree = size && memchr(data, 0, size)
			       ? NULL
			       : json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);
	assert(!tree || r == 0 || r == -ELOOP);
	json_decref(tree);
	if (r < 0) {
		assert(at <= size && at == index_at);
		return 0;
	}
	/* Members are gone through again and again. */
	if (size < 4096)
		goes_through(index, 0, s);
	spans_free(index);
	return 0;
}
