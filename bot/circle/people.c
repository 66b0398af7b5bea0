#include "circle/people.h"

#include "base/config/zone.h"
#include "base/text/text.h"
#include "circle/hashes.h"
#include "circle/pitches.h"
#include "circle/standing.h"
#include "clock.h"
#include "store/db.h"
#include "store/outbox.h"

#include <errno.h>
#include <string.h>

#define FORGET_ASKED_LASTS_US (10 * INT64_C(60000000))

/* Names kith would seem to speak as, or about, if somebody bore them. */
static const char *const reserved[] = { "kith", "room", "everyone", "here", "channel", "me", NULL };

/* No account of IRC begins with '@'. */
char *people_account_key(const char *account)
{
	g_autofree char *fold = text_fold(account);

	return *fold == '@' ? g_strdup(account) : g_steal_pointer(&fold);
}

int64_t people_by_handle(struct db *db, const char *network, const char *account)
{
	if (!account)
		return 0;
	g_autofree char *fold = people_account_key(account);
	return db_int(db, 0, "SELECT person_id FROM handle WHERE network = ? AND account = ?", "tt",
		      network, fold);
}

int64_t people_of_address(struct db *db, const struct config_address *address)
{
	return people_by_handle(db, address->network, address->name);
}

bool people_is_organizer(const struct config_group *group, const char *network, const char *account)
{
	if (!account)
		return false;
	g_autofree char *fold = people_account_key(account);
	for (unsigned i = 0; i < group->organizers->len; i++) {
		const struct config_address *organizer = group->organizers->pdata[i];
		g_autofree char *other = people_account_key(organizer->name);

		if (!strcmp(organizer->network, network) && !strcmp(other, fold))
			return true;
	}
	return false;
}

void people_used_door(struct circle *c, int64_t person, const char *network, const char *account)
{
	g_autofree char *fold = people_account_key(account);

	/* Most people have one door: then there is nothing to choose and nothing to write. */
	db_run(c->db,
	       "UPDATE handle SET used_at_us = ?4, spelled = ?5 WHERE person_id = ?1 AND network = "
	       "?2"
	       " AND account = ?3 AND (spelled <> ?5 OR EXISTS (SELECT 1 FROM handle other"
	       " WHERE other.person_id = ?1 AND other.used_at_us > handle.used_at_us))",
	       "ittit", person, network, fold, c->now_us, account);
}

bool people_door(struct db *db, int64_t person, char **ret_network, char **ret_account)
{
	struct query q = db_query(db,
				  "SELECT network, spelled FROM handle WHERE person_id = ?"
				  " ORDER BY used_at_us DESC LIMIT 1",
				  "i", person);

	if (!query_next(&q))
		return false;
	*ret_network = g_strdup(query_text(&q, 0));
	*ret_account = g_strdup(query_text(&q, 1));
	query_done(&q);
	return true;
}

bool people_joined(struct circle *c, int64_t person)
{
	return db_int(
		c->db, 0,
		"SELECT 1 FROM member WHERE group_id = ? AND person_id = ? AND left_at_us IS NULL",
		"ii", c->id, person);
}

bool people_joined_any(struct db *db, int64_t person)
{
	return db_int(db, 0, "SELECT 1 FROM member WHERE person_id = ? AND left_at_us IS NULL", "i",
		      person);
}

bool people_remembered(struct circle *c, int64_t person)
{
	return db_int(c->db, 0, "SELECT 1 FROM member WHERE group_id = ? AND person_id = ?", "ii",
		      c->id, person);
}

char *people_name(struct circle *c, int64_t person)
{
	char *name = db_text(c->db, "SELECT name FROM member WHERE group_id = ? AND person_id = ?",
			     "ii", c->id, person);

	return name ? name : g_strdup(words_get(c->words, "person.former"));
}

char *people_intro(struct circle *c, int64_t person)
{
	char *intro =
		db_text(c->db, "SELECT intro FROM member WHERE group_id = ? AND person_id = ?",
			"ii", c->id, person);

	return intro ? intro : g_strdup("");
}

static bool name_free(struct circle *c, const char *fold, int64_t person)
{
	if (!*fold || g_strv_contains(reserved, fold))
		return false;
	int64_t holder =
		db_int(c->db, 0, "SELECT person_id FROM member WHERE group_id = ? AND fold = ?",
		       "it", c->id, fold);
	return !holder || holder == person;
}

char *people_unique_name(struct circle *c, const char *wanted, int64_t person)
{
	g_autofree char *clean = text_line(wanted);
	/* An "@" in front of a name is how people point at it: where one is looked for it counts
	 * for nothing, and as a part of it nobody would be found. */
	const char *bare = clean + strspn(clean, "@ ");
	g_autofree char *base =
		text_clip(*bare ? bare : words_get(c->words, "person.unnamed"), CIRCLE_NAME_MOST);
	char *name = g_strdup(base);

	for (int i = 2;; i++) {
		g_autofree char *fold = text_fold(name);

		if (name_free(c, fold, person))
			return name;
		g_free(name);
		name = g_strdup_printf("%s-%d", base, i);
	}
}

int64_t people_add(struct circle *c, const char *network, const char *account)
{
	g_autofree char *fold = people_account_key(account);

	db_run(c->db, "INSERT INTO person DEFAULT VALUES", "");
	int64_t person = db_last_id(c->db);
	db_run(c->db,
	       "INSERT INTO handle(network, account, person_id, spelled, used_at_us)"
	       " VALUES(?, ?, ?, ?, ?)",
	       "ttiti", network, fold, person, account, c->now_us);
	return person;
}

int64_t people_join(struct circle *c, const struct event *e, const char *name, const char *intro,
		    bool *ret_new)
{
	int64_t person = people_by_handle(c->db, e->network, e->account);
	bool was_member = person && people_joined(c, person);

	if (!person)
		person = people_add(c, e->network, e->account);
	g_autofree char *had =
		db_text(c->db, "SELECT name FROM member WHERE group_id = ? AND person_id = ?", "ii",
			c->id, person);
	g_autofree char *unique = people_unique_name(c, name ? name : had ? had : e->shown, person);
	g_autofree char *fold = text_fold(unique);
	db_run(c->db,
	       "INSERT INTO member(group_id, person_id, name, fold, intro, joined_at_us)"
	       " VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name,"
	       " fold = excluded.fold, intro = excluded.intro, left_at_us = NULL, forget_asked_us "
	       "= NULL",
	       "iittti", c->id, person, unique, fold, intro, c->now_us);
	if (!was_member) {
		standing_joined(c, person, e->network, e->account);
		pitches_joined(c, person, e->network, e->account);
	}
	*ret_new = !was_member;
	return person;
}

void people_leave(struct circle *c, int64_t person)
{
	db_run(c->db, "UPDATE member SET left_at_us = ? WHERE group_id = ? AND person_id = ?",
	       "iii", c->now_us, c->id, person);
	db_run(c->db, "DELETE FROM absence WHERE group_id = ? AND person_id = ?", "ii", c->id,
	       person);
	db_run(c->db, "DELETE FROM launch WHERE group_id = ? AND person_id = ?", "ii", c->id,
	       person);
	db_run(c->db, "DELETE FROM promotion WHERE group_id = ? AND person_id = ? AND week IS NULL",
	       "ii", c->id, person);
}

int64_t people_named(struct circle *c, const char *name)
{
	g_autofree char *fold = text_fold(name);

	return db_int(c->db, 0, "SELECT person_id FROM member WHERE group_id = ? AND fold = ?",
		      "it", c->id, fold);
}

static const char *after_name(const char *text)
{
	text += strspn(text, ",:;.!?");
	return text + strspn(text, " ");
}

int64_t people_match(struct circle *c, const char *text, const char **ret_rest)
{
	int64_t found = 0;
	const char *end = text;
	int characters = 0;

	if (*text == '@')
		end = ++text;
	/* Every prefix that ends where a word does, as far as a name can reach; the last to match
	 * is the longest. */
	while (*end && characters++ <= 2 * CIRCLE_NAME_MOST) {
		end = g_utf8_next_char(end);
		if (*end && g_unichar_isalnum(g_utf8_get_char(end)))
			continue;
		g_autofree char *prefix = g_strndup(text, (size_t)(end - text));
		int64_t person = people_named(c, prefix);
		if (person) {
			found = person;
			*ret_rest = after_name(end);
		}
	}
	return found;
}

GArray *people_members(struct circle *c)
{
	GArray *members = g_array_new(FALSE, FALSE, sizeof(int64_t));
	struct query q =
		db_query(c->db,
			 "SELECT person_id FROM member WHERE group_id = ? AND left_at_us IS NULL"
			 " ORDER BY joined_at_us, person_id",
			 "i", c->id);

	while (query_next(&q)) {
		int64_t person = query_int(&q, 0);
		g_array_append_val(members, person);
	}
	return members;
}

GTimeZone *people_zone(struct circle *c, int64_t person, char **ret_name)
{
	g_autofree char *name = db_text(c->db, "SELECT zone FROM person WHERE id = ?", "i", person);
	GTimeZone *zone = name ? g_time_zone_new_identifier(name) : NULL;

	if (!zone) {
		g_free(name);
		name = g_strdup(c->group->timezone);
		zone = g_time_zone_ref(c->group->zone);
	}
	*ret_name = g_steal_pointer(&name);
	return zone;
}

int people_set_zone(struct circle *c, int64_t person, const char *name)
{
	if (!zone_is_known(name))
		return -EINVAL;
	db_run(c->db, "UPDATE person SET zone = ? WHERE id = ?", "ti", name, person);
	return 0;
}

bool people_reminded(struct circle *c, int64_t person)
{
	return db_int(c->db, 0, "SELECT remind FROM member WHERE group_id = ? AND person_id = ?",
		      "ii", c->id, person);
}

void people_set_reminded(struct circle *c, int64_t person, bool on)
{
	db_run(c->db, "UPDATE member SET remind = ? WHERE group_id = ? AND person_id = ?", "iii",
	       (int64_t)on, c->id, person);
}

bool people_tell_device(struct circle *c, const char *network, const char *account,
			const char *device)
{
	g_autofree char *name = g_strjoin("\n", account, device ? device : "", NULL);
	g_autofree char *who = hashes_event(c, network, name);

	db_run(c->db, "DELETE FROM device_told WHERE at_us NOT BETWEEN ? AND ?", "ii",
	       c->now_us - CLOCK_US_PER_WEEK + 1, c->now_us);
	return db_run(c->db, "INSERT OR IGNORE INTO device_told(who, at_us) VALUES(?, ?)", "ti",
		      who, c->now_us) > 0;
}

void people_ask_forget(struct circle *c, int64_t person)
{
	db_run(c->db, "UPDATE member SET forget_asked_us = ? WHERE group_id = ? AND person_id = ?",
	       "iii", c->now_us, c->id, person);
}

bool people_asked_forget(struct circle *c, int64_t person)
{
	return db_int(c->db, 0,
		      "SELECT 1 FROM member WHERE group_id = ? AND person_id = ?"
		      " AND forget_asked_us BETWEEN ? AND ?",
		      "iiii", c->id, person, c->now_us - FORGET_ASKED_LASTS_US, c->now_us);
}

void people_check_cap(struct circle *c)
{
	g_autoptr(GArray) members = people_members(c);
	struct draft d = draft_new(c);

	if ((int)members->len <= c->group->soft_cap ||
	    !db_run(c->db, "UPDATE groups SET cap_told = 1 WHERE id = ? AND NOT cap_told", "i",
		    c->id)) {
		g_string_free(d.markup, TRUE);
		return;
	}
	draft_say(&d, "soft-cap", NULL);
	voice_organizers(c, &d, c->now_us + CIRCLE_TELL_LASTS_US);
}
