/* A line of the sandbox's script: what is read can be written, and means the same when read again.
 */
#include "transport/console/script.h"

#include <assert.h>
#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_same(const struct script_line *a, const struct script_line *b)
{
	assert(a->verb == b->verb);
	assert(g_strcmp0(a->who, b->who) == 0);
	assert(g_strcmp0(a->whom, b->whom) == 0);
	assert(g_strcmp0(a->text, b->text) == 0);
	assert((a->members == NULL) == (b->members == NULL));
	assert(a->members == NULL ||
	       g_strv_equal((const char *const *)a->members, (const char *const *)b->members));
	assert(a->after_us == b->after_us);
	assert(a->wall.year == b->wall.year && a->wall.month == b->wall.month);
	assert(a->wall.day == b->wall.day && a->wall.weekday == b->wall.weekday);
	assert(a->wall.hour == b->wall.hour && a->wall.minute == b->wall.minute);
	assert(a->wall.second == b->wall.second && a->point == b->point);
}

/* What the player relies on without looking. */
static void assert_whole(const struct script_line *line)
{
	bool acts = line->verb >= SCRIPT_SAYS && line->verb <= SCRIPT_LEAVES;
	bool speaks = line->verb >= SCRIPT_SAYS && line->verb <= SCRIPT_REACTS;
	assert(acts == (line->who != NULL) && (!acts || script_is_name(line->who)));
	assert((line->verb == SCRIPT_REPLIES || line->verb == SCRIPT_REACTS) ==
	       (line->whom != NULL));
	assert((speaks || line->verb == SCRIPT_REMARK) == (line->text != NULL));
	assert(!speaks || *line->text != '\0');
	assert(line->text == NULL || g_utf8_validate(line->text, -1, NULL));
	assert((line->verb == SCRIPT_MEMBERS) == (line->members != NULL));
	for (char **name = line->members; name != NULL && *name != NULL; name++)
		assert(script_is_name(*name) && **name != '~');
	assert(line->after_us >= 0);
	assert(line->wall.weekday >= 0 && line->wall.weekday <= 7);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script_line line, again;
	g_autofree char *error = NULL;
	if (script_parse((const char *)data, size, &line, &error) < 0) {
		assert(error != NULL && g_utf8_validate(error, -1, NULL) && strlen(error) < 400);
		return 0;
	}
	assert(error == NULL);
	assert_whole(&line);
	g_autofree char *text = script_format(&line);
	int r = script_parse(text, strlen(text), &again, &error);
	assert(r == 0);
	assert_same(&line, &again);
	g_autofree char *text_again = script_format(&again);
	assert(strcmp(text, text_again) == 0);
	script_line_done(&again);
	script_line_done(&line);
	return 0;
}
