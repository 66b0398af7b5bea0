#include "transport/matrix/dump.h"

#include <glib.h>

static int append(const char *bytes, size_t n, void *text)
{
	g_string_append_len(text, bytes, (gssize)n);
	return 0;
}

char *dump_json(const json_t *value)
{
	GString *text = g_string_new(NULL);

	json_dump_callback(value, append, text, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	return g_string_free(text, FALSE);
}
