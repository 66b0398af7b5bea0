#include "transport/matrix/e2ee/outbound_rotation.h"

#include "clock.h"
#include "transport/matrix/e2ee/devices.h"
#include "transport/matrix/e2ee/outbound.h"
#include "transport/matrix/rooms.h"

#include <string.h>

/* Whatever a room says. A session costs a message to every device. */
enum { MESSAGES_MOST = 10000 };
#define PERIOD_LEAST_US CLOCK_US_PER_MINUTE
#define PERIOD_MOST_US  (30 * CLOCK_US_PER_DAY)
/* So far a clock may be set back without a session seeming to be of another time. */
#define SET_BACK_US CLOCK_US_PER_HOUR

struct hearer *hearer_new(const char *user, const char *id, const char *curve25519,
			  enum hearing hearing)
{
	struct hearer *h = g_new0(struct hearer, 1);

	h->user = g_strdup(user);
	h->id = g_strdup(id);
	h->curve25519 = g_strdup(curve25519);
	h->hearing = hearing;
	return h;
}

void hearer_free(void *hearer)
{
	struct hearer *h = hearer;

	g_free(h->user);
	g_free(h->id);
	g_free(h->curve25519);
	device_free(h->device);
	g_free(h);
}

GHashTable *hearers_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, hearer_free);
}

/* No user's id has a line break in it. */
char *hearer_name(const char *user, const char *id)
{
	return g_strdup_printf("%s\n%s", user, id);
}

void hearers_add(GHashTable *hearers, struct hearer *h)
{
	g_hash_table_replace(hearers, hearer_name(h->user, h->id), h);
}

struct hearer *hearers_find(GHashTable *hearers, const struct hearer *h)
{
	g_autofree char *name = hearer_name(h->user, h->id);
	struct hearer *found = g_hash_table_lookup(hearers, name);

	return found && !strcmp(found->curve25519, h->curve25519) ? found : NULL;
}

const char *rotation_visibility(const struct matrix_room *room)
{
	static const char *const known[] = { "joined", "invited", "shared", "world_readable" };

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (!g_strcmp0(room->history_visibility, known[i]))
			return known[i];
	return "shared";
}

bool rotation_may_read(const struct matrix_room *room, const struct matrix_member *member)
{
	return member->joined || strcmp(rotation_visibility(room), "joined") != 0;
}

static bool is_worn(const struct rotation *r)
{
	int64_t most = r->room->rotation_messages;

	return r->messages >= (most > 0 ? MIN(most, MESSAGES_MOST) : OUTBOUND_MESSAGES);
}

static bool is_old(const struct rotation *r)
{
	int64_t most_us = r->room->rotation_us, age_us = r->now_us - r->since_us;

	most_us = most_us > 0 ? CLAMP(most_us, PERIOD_LEAST_US, PERIOD_MOST_US)
			      : OUTBOUND_DAYS * CLOCK_US_PER_DAY;
	return age_us >= most_us || age_us < -SET_BACK_US;
}

static bool is_lost(const struct rotation *r)
{
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, r->had);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		const struct hearer *had = value, *now = hearers_find(r->now, had);

		if (had->hearing == HEARING_KEY && (!now || now->hearing != HEARING_KEY))
			return true;
	}
	return false;
}

/* Whoever added it may have got at keys that the account keeps, which are for old sessions then. */
static bool is_intruded(const struct rotation *r)
{
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, r->now);
	while (r->messages > 0 && g_hash_table_iter_next(&i, NULL, &value)) {
		const struct hearer *now = value;

		if (now->hearing == HEARING_UNSIGNED && !hearers_find(r->had, now))
			return true;
	}
	return false;
}

enum rotation_why rotation_due(const struct rotation *r)
{
	if (is_worn(r))
		return ROTATION_MESSAGES;
	if (is_old(r))
		return ROTATION_TIME;
	if (g_strcmp0(r->visibility, rotation_visibility(r->room)) != 0)
		return ROTATION_VISIBILITY;
	if (r->now && is_lost(r))
		return ROTATION_LOST;
	return r->now && is_intruded(r) ? ROTATION_UNSIGNED : ROTATION_NONE;
}

const char *rotation_says(enum rotation_why why)
{
	switch (why) {
	case ROTATION_NONE:
		break;
	case ROTATION_MESSAGES:
		return "so many messages were said in it";
	case ROTATION_TIME:
		return "it is so old";
	case ROTATION_VISIBILITY:
		return "others may read what is said there";
	case ROTATION_LOST:
		return "a device that has its key may not read there any more";
	case ROTATION_UNSIGNED:
		return "a device has come that its owner has not signed";
	}
	return "it need not be";
}
