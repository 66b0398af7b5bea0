/* CS API: m.room.power_levels; its defaults are those of the room versions' authorization rules. */
#include "transport/matrix/power.h"

#include <glib.h>
#include <string.h>

enum {
	CREATOR_LEVEL = 100, /* where no event says anything */
	MODERATION_LEVEL = 50,
};

/* A version that has no number is somebody's experiment with the rules of its day, before creators
 * stood above all. */
enum { UNNUMBERED = 11 };

/* Room versions 1 to 10 name the creator in the content, later ones go by the sender. */
enum { CREATOR_IN_CONTENT_TO = 10, STRINGS_TO = 9, CREATORS_FROM = 12 };

static int version_of(struct span create)
{
	g_autofree char *version = span_text(span_get(create, "room_version"));
	guint64 n;

	if (!version)
		return 1;
	return g_ascii_string_to_unsigned(version, 10, 1, 9999, &n, NULL) ? (int)n : UNNUMBERED;
}

/* As the servers of room versions 1 to 9 take it: white space around it, and a sign. */
static bool level_in_text(const char *text, int64_t *ret)
{
	const char *from = text + strspn(text, " \t\r\n\v\f");

	from += *from == '+' && g_ascii_isdigit(from[1]);
	size_t n = strlen(from);

	while (n && g_ascii_isspace(from[n - 1]))
		n--;
	g_autofree char *trimmed = g_strndup(from, n);
	return g_ascii_string_to_signed(trimmed, 10, INT64_MIN, INT64_MAX, ret, NULL);
}

static int64_t level(struct span create, struct span value, int64_t none)
{
	int64_t n;

	/* Nobody is taken for a creator. */
	if (span_int(value, &n))
		return MIN(n, POWER_CREATOR - 1);
	if (!span_is_string(value) || version_of(create) > STRINGS_TO)
		return none;
	g_autofree char *text = span_text(value);
	return level_in_text(text, &n) ? MIN(n, POWER_CREATOR - 1) : none;
}

bool power_has_creators(struct span create)
{
	return version_of(create) >= CREATORS_FROM;
}

/* From room version 12 on. */
static bool is_above_all(struct span create, const char *creator, const char *user)
{
	if (!g_strcmp0(creator, user))
		return true;
	struct span additional = span_get(create, "additional_creators");
	if (!span_is_array(additional))
		return false;
	for (struct span_each i = span_each(additional); span_next(&i);)
		if (span_says(i.value, user))
			return true;
	return false;
}

static bool made_the_room(struct span create, const char *creator, const char *user)
{
	struct span named = span_get(create, "creator");

	if (span_is_string(named) && version_of(create) <= CREATOR_IN_CONTENT_TO)
		return span_says(named, user);
	return !g_strcmp0(creator, user);
}

int64_t power_of(struct span create, const char *creator, struct span levels, const char *user)
{
	if (power_has_creators(create)) {
		if (is_above_all(create, creator, user))
			return POWER_CREATOR;
	} else if (!span_is_object(levels)) {
		return made_the_room(create, creator, user) ? CREATOR_LEVEL : 0;
	}
	int64_t others = level(create, span_get(levels, "users_default"), 0);
	return level(create, span_at(levels, "users", user, NULL), others);
}

int64_t power_needed_to(struct span create, struct span levels, const char *action)
{
	int64_t none = MODERATION_LEVEL;

	if (!strcmp(action, "invite") ||
	    (!strcmp(action, "state_default") && !span_is_object(levels)))
		none = 0;
	return level(create, span_get(levels, action), none);
}

int64_t power_needed(struct span create, struct span levels, const char *type, bool state)
{
	int64_t others = state ? power_needed_to(create, levels, "state_default")
			       : level(create, span_get(levels, "events_default"), 0);

	return level(create, span_at(levels, "events", type, NULL), others);
}
