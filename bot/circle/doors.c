/* Joining two people, and parting them again (doors.h). */
#include "circle/doors.h"

#include "base/text/text.h"
#include "circle/entries.h"
#include "circle/hashes.h"
#include "circle/people.h"
#include "circle/records.h"
#include "circle/rounds.h"
#include "store/db.h"
#include "store/outbox.h"

struct merge {
	int64_t id, into, from;
	bool made, took_zone;
};

/* A column that refers to a person, and by what its rows are known. What came to the row since may
 * be of the one who stays: then `only` holds it there. */
#define WHAT_MOVED(place) "(SELECT what FROM moved WHERE merge_id = ?3 AND place = '" place "')"
#define MOVE_IF(table, column, known_by, only)                                                     \
	{                                                                                          \
		.keep = "INSERT INTO moved(merge_id, place, what) SELECT ?3, '" table "." column   \
			"', " known_by " FROM " table " WHERE " column " = ?2",                    \
		.move = "UPDATE " table " SET " column " = ?1 WHERE " column " = ?2",              \
		.back = "UPDATE " table " SET " column " = ?2 WHERE " column " = ?1 AND " known_by \
			" IN " WHAT_MOVED(table "." column) only,                                  \
	}
#define MOVE(table, column, known_by) MOVE_IF(table, column, known_by, "")

/* ?1 is who stays, ?2 who goes, ?3 the merge. Every column there is, in the order of going back: a
 * test holds this list to the schema. */
static const struct {
	const char *keep, *move, *back;
} moves[] = {
	MOVE("handle", "person_id", "network || char(10) || account"),
	MOVE("member", "person_id", "group_id"),
	MOVE("work", "maker_id", "id"),
	/* An entry that shows another work since is of whoever made that. */
	MOVE_IF("entry", "person_id", "id",
		" AND EXISTS (SELECT 1 FROM work WHERE work.id = work_id AND maker_id = ?2)"),
	MOVE_IF("reading", "maker_id", "entry_id",
		" AND EXISTS (SELECT 1 FROM entry WHERE entry.id = entry_id AND person_id = ?2)"),
	MOVE("reading", "reader_id", "entry_id"),
	MOVE("note", "person_id", "id"),
	MOVE("share", "person_id", "id"),
	MOVE("thanks", "person_id", "id"),
	MOVE("thanks", "to_id", "id"),
	MOVE("story", "person_id", "id"),
	MOVE("vouch", "person_id", "id"),
	MOVE("vouch", "by_id", "id"),
	MOVE("absence", "person_id", "id"),
	MOVE("launch", "person_id", "id"),
	MOVE("promotion", "person_id", "id"),
	MOVE("pass", "person_id", "id"),
	MOVE("pitch", "person_id", "id"),
	MOVE("leave", "person_id", "id"),
	MOVE("record", "person_id", "id"),
	MOVE("outbox", "person_id", "key"),
	MOVE("outbox", "about_id", "key"),
	MOVE("merge", "into_id", "id"),
};

/* What was kept about a door before its person joined, by a keyed hash (?4). */
#define ADOPT_WHERE                     \
	"stranger = ?4 AND group_id IN" \
	" (SELECT group_id FROM member WHERE person_id = ?1)"
#define ADOPT(table)                                                                               \
	{                                                                                          \
		.keep = "INSERT INTO moved(merge_id, place, what, stranger)"                       \
			" SELECT ?3, '" table ".stranger', id, stranger FROM " table               \
			" WHERE " ADOPT_WHERE,                                                     \
		.move = "UPDATE " table " SET person_id = ?1, stranger = NULL WHERE " ADOPT_WHERE, \
		.back = "UPDATE " table " SET person_id = NULL, stranger = (SELECT stranger FROM"  \
			" moved WHERE merge_id = ?3 AND place = '" table                           \
			".stranger' AND what = " table                                             \
			".id) WHERE person_id = ?1 AND id IN " WHAT_MOVED(table ".stranger"),      \
	}

static const struct {
	const char *keep, *move, *back;
} adoptions[] = { ADOPT("pitch"), ADOPT("leave"), ADOPT("vouch") };

/* ?1, ?2, ?3 as above. Where one row has to do for both, the other's is put aside. */
static const char *const put_aside[] = {
	"INSERT INTO aside_member(merge_id, group_id, name, fold, intro, joined_at_us, left_at_us,"
	" remind, stays_left_us) SELECT ?3, goes.group_id, goes.name, goes.fold, goes.intro,"
	" goes.joined_at_us, goes.left_at_us, goes.remind, stays.left_at_us FROM member AS goes"
	" JOIN member AS stays ON stays.group_id = goes.group_id AND stays.person_id = ?1"
	" WHERE goes.person_id = ?2",
	"DELETE FROM member WHERE person_id = ?2 AND group_id IN"
	" (SELECT group_id FROM aside_member WHERE merge_id = ?3)",
	/* Who is here by one account is here. */
	"UPDATE member SET left_at_us = NULL WHERE person_id = ?1 AND group_id IN"
	" (SELECT group_id FROM aside_member WHERE merge_id = ?3 AND left_at_us IS NULL)",
	"INSERT INTO aside_pass(merge_id, id, group_id, work_id, at_us)"
	" SELECT ?3, id, group_id, work_id, at_us FROM pass WHERE person_id = ?2"
	" AND work_id IN (SELECT work_id FROM pass WHERE person_id = ?1)",
	"DELETE FROM pass WHERE id IN"
	" (SELECT id FROM aside_pass WHERE merge_id = ?3)",
	"INSERT INTO aside_reading(merge_id, entry_id, group_id, by_from, drawn_at_us)"
	" SELECT ?3, entry_id, group_id, reader_id = ?2, drawn_at_us FROM reading"
	" WHERE (reader_id = ?1 AND maker_id = ?2) OR (reader_id = ?2 AND maker_id = ?1)",
	"DELETE FROM reading WHERE entry_id IN"
	" (SELECT entry_id FROM aside_reading WHERE merge_id = ?3)",
	"UPDATE merge SET took_zone = 1 WHERE id = ?3"
	" AND (SELECT zone FROM person WHERE id = ?1) IS NULL"
	" AND (SELECT zone FROM person WHERE id = ?2) IS NOT NULL",
	"UPDATE person SET zone = (SELECT zone FROM person WHERE id = ?2) WHERE id = ?1"
	" AND (SELECT took_zone FROM merge WHERE id = ?3)",
};

static const char *const put_back[] = {
	"INSERT OR IGNORE INTO pass(id, group_id, person_id, work_id, at_us)"
	" SELECT id, group_id, ?2, work_id, at_us FROM aside_pass WHERE merge_id = ?3",
	/* Somebody else may have been asked to read it by now, and stays so. */
	"INSERT OR IGNORE INTO reading(entry_id, group_id, reader_id, maker_id, drawn_at_us)"
	" SELECT entry_id, group_id, CASE WHEN by_from THEN ?2 ELSE ?1 END,"
	" CASE WHEN by_from THEN ?1 ELSE ?2 END, drawn_at_us FROM aside_reading"
	" WHERE merge_id = ?3",
	"UPDATE member SET left_at_us = (SELECT stays_left_us FROM aside_member"
	" WHERE merge_id = ?3 AND aside_member.group_id = member.group_id)"
	" WHERE person_id = ?1 AND left_at_us IS NULL AND group_id IN"
	" (SELECT group_id FROM aside_member WHERE merge_id = ?3 AND left_at_us IS NULL)",
	"UPDATE person SET zone = NULL WHERE id = ?1"
	" AND zone = (SELECT zone FROM person WHERE id = ?2)"
	" AND (SELECT took_zone FROM merge WHERE id = ?3)",
};

static void run_each(struct circle *c, const char *const *sql, size_t n, const struct merge *m)
{
	for (size_t i = 0; i < n; i++)
		db_run(c->db, sql[i], "iii", m->into, m->from, m->id);
}

bool doors_both_show(struct circle *c, int64_t one, int64_t other)
{
	return db_int(c->db, 0,
		      "SELECT 1 FROM entry AS a JOIN entry AS b ON a.group_id = b.group_id"
		      " AND a.round_id IS b.round_id LEFT JOIN round ON round.id = a.round_id"
		      " WHERE a.person_id = ? AND b.person_id = ? AND (a.round_id IS NULL"
		      " OR round.state IN ('open', 'last-call', 'closed'))",
		      "ii", one, other);
}

/* What was asked of the one was not asked of both, and a code is used once. */
static void settle(struct circle *c, const struct merge *m)
{
	db_run(c->db, "UPDATE member SET forget_asked_us = NULL WHERE person_id IN (?, ?)", "ii",
	       m->into, m->from);
	db_run(c->db, "DELETE FROM door_code WHERE person_id IN (?, ?)", "ii", m->into, m->from);
}

/* Who has not been told yet to read what becomes their own need not be. */
static void untell_readers(struct circle *c, const struct merge *m)
{
	outbox_withdraw(c->outbox, m->into, m->from, "round.reader");
	outbox_withdraw(c->outbox, m->from, m->into, "round.reader");
}

static void adopt(struct circle *c, const struct merge *m)
{
	struct query q = db_query(c->db, "SELECT network, spelled FROM handle WHERE person_id = ?",
				  "i", m->into);

	while (query_next(&q)) {
		g_autofree char *hash = hashes_handle(c, query_text(&q, 0), query_text(&q, 1));

		for (size_t i = 0; i < G_N_ELEMENTS(adoptions); i++) {
			db_run(c->db, adoptions[i].keep, "iiit", m->into, m->from, m->id, hash);
			db_run(c->db, adoptions[i].move, "iiit", m->into, m->from, m->id, hash);
		}
	}
}

/* `undo` finds it in each of their groups. */
static void record(struct circle *c, const struct merge *m)
{
	struct query q =
		db_query(c->db, "SELECT group_id FROM member WHERE person_id = ?", "i", m->into);

	while (query_next(&q)) {
		struct circle there = *c;

		there.id = query_int(&q, 0);
		records_add(&there, m->into, "merge", m->id, 0);
	}
}

/* What the steps still have to say names people; and works without a reader are given one. */
static void refresh(struct circle *c)
{
	struct round r;

	outbox_reread(c->outbox);
	if (rounds_current(c, &r))
		entries_redraw(c, &r, 0);
	rounds_revise(c);
}

int64_t doors_join(struct circle *c, int64_t into, const char *network, const char *account)
{
	struct merge m = { .into = into, .from = people_by_handle(c->db, network, account) };

	m.made = !m.from;
	if (m.made)
		m.from = people_add(c, network, account);
	g_assert(m.from != into);
	db_run(c->db, "INSERT INTO merge(into_id, from_id, made, at_us) VALUES(?, ?, ?, ?)", "iiii",
	       m.into, m.from, (int64_t)m.made, c->now_us);
	m.id = db_last_id(c->db);
	outbox_join(c->outbox);
	untell_readers(c, &m);
	settle(c, &m);
	run_each(c, put_aside, G_N_ELEMENTS(put_aside), &m);
	for (size_t i = 0; i < G_N_ELEMENTS(moves); i++) {
		db_run(c->db, moves[i].keep, "iii", m.into, m.from, m.id);
		db_run(c->db, moves[i].move, "ii", m.into, m.from);
	}
	adopt(c, &m);
	record(c, &m);
	if (c->about == m.from)
		c->about = into;
	refresh(c);
	return m.id;
}

static bool find(struct circle *c, int64_t id, struct merge *ret)
{
	struct query q = db_query(
		c->db, "SELECT id, into_id, from_id, made, took_zone FROM merge WHERE id = ?", "i",
		id);

	if (!query_next(&q))
		return false;
	*ret = (struct merge){
		.id = query_int(&q, 0),
		.into = query_int(&q, 1),
		.from = query_int(&q, 2),
		.made = query_int(&q, 3),
		.took_zone = query_int(&q, 4),
	};
	query_done(&q);
	return true;
}

/* It is over, and with it what was moved and put aside; who they were is nobody any more if nothing
 * went back to them. */
static void end(struct circle *c, const struct merge *m)
{
	db_run(c->db, "DELETE FROM record WHERE kind = 'merge' AND row_id = ?", "i", m->id);
	db_run(c->db, "DELETE FROM merge WHERE id = ?", "i", m->id);
}

static void bury(struct circle *c, const struct merge *m)
{
	end(c, m);
	db_run(c->db,
	       "DELETE FROM person WHERE id = ?1 AND NOT EXISTS"
	       " (SELECT 1 FROM handle WHERE person_id = ?1)",
	       "i", m->from);
}

/* Their names may be somebody else's by now. */
static void members_back(struct circle *c, const struct merge *m)
{
	struct query q = db_query(c->db,
				  "SELECT group_id, name, intro, joined_at_us, left_at_us, remind"
				  " FROM aside_member WHERE merge_id = ?",
				  "i", m->id);

	while (query_next(&q)) {
		struct circle there = *c;

		there.id = query_int(&q, 0);
		g_autofree char *name = people_unique_name(&there, query_text(&q, 1), m->from);
		g_autofree char *fold = text_fold(name);
		db_run(c->db,
		       "INSERT INTO member(group_id, person_id, name, fold, intro, joined_at_us,"
		       " left_at_us, remind) VALUES(?, ?, ?, ?, ?, ?, nullif(?, 0), ?)",
		       "iitttiii", there.id, m->from, name, fold, query_text(&q, 2),
		       query_int(&q, 3), query_int(&q, 4), query_int(&q, 5));
	}
}

/* Whoever was drawn in place of one of them and has not heard of it need not. */
static void readings_back(struct circle *c, const struct merge *m)
{
	struct query q = db_query(c->db,
				  "SELECT reading.entry_id, reader_id, maker_id FROM aside_reading"
				  " JOIN reading ON reading.entry_id = aside_reading.entry_id"
				  " WHERE merge_id = ?",
				  "i", m->id);

	while (query_next(&q))
		if (outbox_withdraw(c->outbox, query_int(&q, 1), query_int(&q, 2), "round.reader"))
			db_run(c->db, "DELETE FROM reading WHERE entry_id = ?", "i",
			       query_int(&q, 0));
}

static void tell_parted(struct circle *c, int64_t person, int64_t stays)
{
	g_autofree char *name = people_name(c, person), *with = people_name(c, stays);
	struct draft d = draft_new(c);

	draft_say(&d, "link.parted", "name", name, NULL);
	if (person == stays)
		draft_add(&d, "link.parted-stays", NULL);
	else
		draft_add(&d, "link.parted-goes", "with", with, NULL);
	voice_tell(c, person, &d, c->now_us + CIRCLE_TELL_LASTS_US);
}

void doors_part(struct circle *c, int64_t id)
{
	struct merge m;

	if (!find(c, id, &m))
		return;
	outbox_join(c->outbox);
	readings_back(c, &m);
	for (size_t i = 0; i < G_N_ELEMENTS(adoptions); i++)
		db_run(c->db, adoptions[i].back, "iii", m.into, m.from, m.id);
	for (size_t i = 0; i < G_N_ELEMENTS(moves); i++)
		db_run(c->db, moves[i].back, "iii", m.into, m.from, m.id);
	run_each(c, put_back, G_N_ELEMENTS(put_back), &m);
	members_back(c, &m);
	end(c, &m);
	if (m.made)
		db_run(c->db, "DELETE FROM person WHERE id = ?", "i", m.from);
	refresh(c);
	if (people_joined(c, m.into))
		tell_parted(c, m.into, m.into);
	if (people_joined(c, m.from))
		tell_parted(c, m.from, m.into);
}

void doors_forget(struct circle *c, int64_t person)
{
	int64_t id;
	struct query q = db_query(c->db, "SELECT network, spelled FROM handle WHERE person_id = ?",
				  "i", person);

	while (query_next(&q))
		doors_forget_stranger(c, query_text(&q, 0), query_text(&q, 1));
	db_run(c->db, "DELETE FROM door_code WHERE person_id = ? AND group_id = ?", "ii", person,
	       c->id);
	while ((id = db_int(c->db, 0, "SELECT id FROM merge WHERE into_id = ?", "i", person))) {
		struct merge m;

		if (find(c, id, &m))
			bury(c, &m);
	}
}

void doors_prune(struct circle *c)
{
	int64_t id;

	while ((id = db_int(c->db, 0, "SELECT id FROM merge WHERE at_us <= ?", "i",
			    c->now_us - DOORS_UNDO_LASTS_US))) {
		struct merge m;

		if (find(c, id, &m))
			bury(c, &m);
	}
	db_run(c->db, "DELETE FROM door_code WHERE at_us < ?", "i",
	       c->now_us - DOORS_CODE_LASTS_US - DOORS_ASK_LASTS_US);
	db_run(c->db, "DELETE FROM door_ask WHERE at_us < ?", "i", c->now_us - DOORS_ASK_LASTS_US);
	db_run(c->db, "DELETE FROM door_try WHERE at_us < ?", "i", c->now_us - 2 * DOORS_WAIT_US);
}
