#include "life.h"

#include "circle/doors.h"
#include "circle/standing.h"
#include "store/db.h"

#include <sqlite3.h>

#define MARA LIFE_MARK "mara"
#define AMRA LIFE_MARK "amra"

static void say(struct fixture *f, const char *who, const char *text)
{
	clock_virtual_set(&f->clock, f->clock.now_us + CLOCK_US_PER_SECOND);
	fixture_say(f, who, text);
}

int64_t life_lead(struct fixture *f)
{
	static const struct {
		const char *who, *text;
	} week[] = {
		/* Works #1 to #3. */
		{ "ben", "!show \"Bench\"" },
		{ MARA, "!show https://example.org/" LIFE_MARK " Jelly of " LIFE_MARK
			" want: is it " LIFE_MARK " enough?" },
		{ "olga", "!show \"Lamp\"" },
		{ MARA, "!tz Asia/Kolkata" },
		{ MARA, "!remind on" },
		{ MARA, "!note 1 as smooth as " LIFE_MARK },
		{ MARA, "!shared 1 the " LIFE_MARK " gazette because it smells of " LIFE_MARK },
		{ MARA, "!thanks ben for the " LIFE_MARK },
		{ MARA, "!led-to 1 a bench under a " LIFE_MARK },
		{ MARA, "!launch 1-3 december" },
		/* The first is said, the second waits for the next week. */
		{ MARA, "!pitch jelly of " LIFE_MARK },
		{ MARA, "!pitch the " LIFE_MARK " book" },
		{ MARA, "!pass 1" },
		{ "ben", "!thanks Mara " LIFE_MARK " for jam" },

		{ "ben", "!shared 2 my kitchen because it keeps" },
		{ "olga", "!admin vouch " MARA },
	};

	fixture_member(f, "olga");
	fixture_member(f, "ben");
	fixture_run_until(f, "2026-11-23 10:00");
	say(f, MARA, "!intro as Mara " LIFE_MARK ": I cook " LIFE_MARK);
	for (size_t i = 0; i < G_N_ELEMENTS(week); i++)
		say(f, week[i].who, week[i].text);
	/* As the organizer she once was. */
	int64_t mara = fixture_int(f, 0, "SELECT person_id FROM handle WHERE account = '" MARA "'");
	int64_t ben = fixture_int(f, 0, "SELECT person_id FROM handle WHERE account = 'ben'");
	struct circle *c = fixture_begin(f);
	standing_vouch(c, ben, NULL, NULL, mara);
	/* What the guard keeps, without its having to read anything for that. */
	db_run(c->db,
	       "INSERT INTO pitch(group_id, person_id, place, text, event, verdict, reasons,"
	       " decision, observed, state, at_us)"
	       " VALUES(?, ?, '', '', '', 'pitch', '', 'nudge', 0, 'open', ?)",
	       "iii", c->id, mara, c->now_us);
	db_run(c->db, "INSERT INTO leave(group_id, person_id, until_us) VALUES(?, ?, ?)", "iii",
	       c->id, mara, c->now_us + CLOCK_US_PER_WEEK);
	fixture_end(f);
	/* Only she is left to read the lamp, and what she has noted on stays hers to read. */
	say(f, "ben", "!away until 2027-01-01");
	fixture_run_until(f, "2026-11-25 18:00");
	/* Another account of hers, a member before it was known to be. */
	say(f, AMRA, "!intro as Amra " LIFE_MARK ": I eat " LIFE_MARK);
	c = fixture_begin(f);
	c->source = c->cause;
	doors_join(c, mara, "libera", AMRA);
	fixture_end(f);
	fixture_whisper(f, MARA, "link");
	say(f, MARA, "!note 3 bright as " LIFE_MARK);
	/* What they tell each other waits. */
	say(f, MARA, "!note 1 and the legs of " LIFE_MARK);
	say(f, MARA, "!away until 2027-01-01");
	say(f, "ben", "!note 2 sweet");
	fixture_whisper(f, MARA, "forget me");
	return mara;
}

void life_column_free(void *data)
{
	struct life_column *column = data;

	g_free(column->table);
	g_free(column->column);
	g_free(column);
}

GPtrArray *life_columns(struct fixture *f)
{
	static const char sql[] = "SELECT m.name, k.\"from\" FROM sqlite_master AS m,"
				  " pragma_foreign_key_list(m.name) AS k WHERE m.type = 'table'"
				  " AND k.\"table\" = 'person' ORDER BY m.name, k.\"from\"";
	GPtrArray *columns = g_ptr_array_new_with_free_func(life_column_free);
	sqlite3_stmt *stmt = NULL;
	sqlite3 *sqlite = NULL;

	if (sqlite3_open_v2(f->store, &sqlite, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL) != SQLITE_OK)
		g_error("%s: %s", sql, sqlite3_errmsg(sqlite));
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		struct life_column *column = g_new0(struct life_column, 1);

		column->table = g_strdup((const char *)sqlite3_column_text(stmt, 0));
		column->column = g_strdup((const char *)sqlite3_column_text(stmt, 1));
		g_ptr_array_add(columns, column);
	}
	sqlite3_finalize(stmt);
	sqlite3_close(sqlite);
	return columns;
}
