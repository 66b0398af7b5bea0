#include "circle/mydata.h"

#include "circle/doors.h"
#include "circle/people.h"
#include "circle/pitches.h"
#include "circle/records.h"
#include "circle/standing.h"
#include "store/db.h"

enum { COLUMNS = 3 };

/* Of a close reader who has said nothing about the work nobody ever hears (4.11). */
#define SPOKE                                                           \
	"EXISTS (SELECT 1 FROM note WHERE note.work_id = entry.work_id" \
	" AND note.person_id = reader_id AND note.at_us >= drawn_at_us)"

/* Every table with a person in it. ?1 is the person, ?2 the group; the columns are what fills the
 * sentence's placeholders, one called "day" or "until" being a time. */
static const struct {
	const char *key;
	const char *names[COLUMNS];
	const char *sql;
	bool lapses; /* ?3 is the time; what only waits for the daily chores is as good as gone */
} parts[] = {
	{ "mydata.account",
	  { "account" },
	  "SELECT network || '/' || spelled FROM handle WHERE person_id = ?1 AND ?2" },
	{ "mydata.member",
	  { "name", "day" },
	  "SELECT name, joined_at_us FROM member WHERE person_id = ?1 AND group_id = ?2" },
	{ "mydata.left",
	  { "day" },
	  "SELECT left_at_us FROM member WHERE person_id = ?1 AND group_id = ?2"
	  " AND left_at_us IS NOT NULL" },
	{ "mydata.intro",
	  { "text" },
	  "SELECT intro FROM member WHERE person_id = ?1 AND group_id = ?2 AND intro <> ''" },
	{ "mydata.zone",
	  { "zone" },
	  "SELECT zone FROM person WHERE id = ?1 AND ?2 AND zone IS NOT NULL" },
	{ "mydata.remind",
	  { NULL },
	  "SELECT 1 FROM member WHERE person_id = ?1 AND group_id = ?2 AND remind" },
	{ "mydata.forget-asked",
	  { "day" },
	  "SELECT forget_asked_us FROM member WHERE person_id = ?1 AND group_id = ?2"
	  " AND forget_asked_us IS NOT NULL" },
	{ "mydata.work",
	  { "work", "day" },
	  "SELECT '#' || number || ' ' || title, made_at_us FROM work"
	  " WHERE maker_id = ?1 AND group_id = ?2 ORDER BY id" },
	{ "mydata.link",
	  { "work", "link" },
	  "SELECT '#' || number || ' ' || title, link FROM work"
	  " WHERE maker_id = ?1 AND group_id = ?2 AND link IS NOT NULL ORDER BY id" },
	{ "mydata.want",
	  { "work", "text" },
	  "SELECT '#' || number || ' ' || title, want FROM work"
	  " WHERE maker_id = ?1 AND group_id = ?2 AND want IS NOT NULL ORDER BY id" },
	{ "mydata.entry",
	  { "work", "day" },
	  "SELECT '#' || number || ' ' || title, shown_at_us FROM entry JOIN work ON work.id = "
	  "work_id"
	  " WHERE person_id = ?1 AND entry.group_id = ?2 AND round_id IS NOT NULL ORDER BY "
	  "entry.id" },
	{ "mydata.kept",
	  { "work", "day" },
	  "SELECT '#' || number || ' ' || title, shown_at_us FROM entry JOIN work ON work.id = "
	  "work_id"
	  " WHERE person_id = ?1 AND entry.group_id = ?2 AND round_id IS NULL ORDER BY entry.id" },
	{ "mydata.note",
	  { "work", "day", "text" },
	  "SELECT '#' || number || ' ' || title, at_us, text FROM note JOIN work ON work.id = "
	  "work_id"
	  " WHERE person_id = ?1 AND note.group_id = ?2 ORDER BY note.id" },
	{ "mydata.share",
	  { "work", "day", "text" },
	  "SELECT '#' || number || ' ' || title, at_us, place || ': ' || because FROM share"
	  " JOIN work ON work.id = work_id WHERE person_id = ?1 AND share.group_id = ?2"
	  " ORDER BY share.id" },
	{ "mydata.story",
	  { "work", "day", "text" },
	  "SELECT '#' || number || ' ' || title, at_us, text FROM story JOIN work ON work.id = "
	  "work_id"
	  " WHERE person_id = ?1 AND story.group_id = ?2 ORDER BY story.id" },
	{ "mydata.thanks",
	  { "name", "day" },
	  "SELECT member.name, at_us, text FROM thanks LEFT JOIN member"
	  " ON member.person_id = to_id AND member.group_id = ?2"
	  " WHERE thanks.person_id = ?1 AND thanks.group_id = ?2 AND text IS NULL ORDER BY "
	  "at_us" },
	{ "mydata.thanks-for",
	  { "name", "day", "text" },
	  "SELECT member.name, at_us, text FROM thanks LEFT JOIN member"
	  " ON member.person_id = to_id AND member.group_id = ?2"
	  " WHERE thanks.person_id = ?1 AND thanks.group_id = ?2 AND text IS NOT NULL ORDER BY "
	  "at_us" },
	{ "mydata.thanked",
	  { "name", "day" },
	  "SELECT member.name, at_us, text FROM thanks LEFT JOIN member"
	  " ON member.person_id = thanks.person_id AND member.group_id = ?2"
	  " WHERE to_id = ?1 AND thanks.group_id = ?2 AND text IS NULL ORDER BY at_us" },
	{ "mydata.thanked-for",
	  { "name", "day", "text" },
	  "SELECT member.name, at_us, text FROM thanks LEFT JOIN member"
	  " ON member.person_id = thanks.person_id AND member.group_id = ?2"
	  " WHERE to_id = ?1 AND thanks.group_id = ?2 AND text IS NOT NULL ORDER BY at_us" },
	{ "mydata.reading",
	  { "work", "day" },
	  "SELECT '#' || number || ' ' || title, drawn_at_us FROM reading"
	  " JOIN entry ON entry.id = entry_id JOIN work ON work.id = work_id"
	  " WHERE reader_id = ?1 AND reading.group_id = ?2 ORDER BY entry_id" },
	{ "mydata.read",
	  { "name", "work", "day" },
	  "SELECT member.name, '#' || number || ' ' || title, drawn_at_us FROM reading"
	  " JOIN entry ON entry.id = entry_id JOIN work ON work.id = work_id JOIN member"
	  " ON member.person_id = reader_id AND member.group_id = ?2"
	  " WHERE reading.maker_id = ?1 AND reading.group_id = ?2 AND " SPOKE
	  " ORDER BY entry_id" },
	{ "mydata.read-silent",
	  { "work", "day" },
	  "SELECT '#' || number || ' ' || title, drawn_at_us FROM reading"
	  " JOIN entry ON entry.id = entry_id JOIN work ON work.id = work_id"
	  " WHERE reading.maker_id = ?1 AND reading.group_id = ?2 AND NOT " SPOKE
	  " ORDER BY entry_id" },
	{ "mydata.vouched",
	  { "day" },
	  "SELECT at_us FROM vouch WHERE person_id = ?1 AND group_id = ?2" },
	{ "mydata.vouch",
	  { "name", "day" },
	  "SELECT member.name, at_us FROM vouch LEFT JOIN member"
	  " ON member.person_id = vouch.person_id AND member.group_id = ?2"
	  " WHERE by_id = ?1 AND vouch.group_id = ?2" },
	{ "mydata.absence",
	  { "day", "until" },
	  "SELECT from_us, until_us FROM absence WHERE person_id = ?1 AND group_id = ?2"
	  " AND until_us >= ?3 - 400 * 86400000000 ORDER BY id",
	  true },
	{ "mydata.pitch",
	  { "day" },
	  "SELECT at_us FROM pitch WHERE person_id = ?1 AND group_id = ?2"
	  " AND at_us >= ?3 - 30 * 86400000000 ORDER BY id",
	  true },
	{ "mydata.leave",
	  { "until" },
	  "SELECT until_us FROM leave WHERE person_id = ?1 AND group_id = ?2 AND until_us >= ?3"
	  " ORDER BY id",
	  true },
	{ "mydata.launch",
	  { "day", "until" },
	  "SELECT from_us, until_us FROM launch WHERE person_id = ?1 AND group_id = ?2"
	  " AND until_us >= ?3 - 30 * 86400000000 ORDER BY id",
	  true },
	{ "mydata.promotion",
	  { "day", "text" },
	  "SELECT at_us, text FROM promotion WHERE person_id = ?1 AND group_id = ?2"
	  " AND week IS NULL" },
	{ "mydata.slot",
	  { "day" },
	  "SELECT at_us FROM promotion WHERE person_id = ?1 AND group_id = ?2"
	  " AND week IS NOT NULL AND at_us >= ?3 - 30 * 86400000000 ORDER BY at_us",
	  true },
	{ "mydata.pass",
	  { "work", "day" },
	  "SELECT '#' || number || ' ' || title, at_us FROM pass JOIN work ON work.id = work_id"
	  " WHERE person_id = ?1 AND pass.group_id = ?2 ORDER BY pass.id" },
	{ "mydata.code",
	  { "day" },
	  "SELECT at_us FROM door_code WHERE person_id = ?1 AND group_id = ?2"
	  " AND at_us >= ?3 - 25 * 60000000",
	  true },
	{ "mydata.joined",
	  { "day" },
	  "SELECT at_us FROM merge WHERE into_id = ?1 AND ?2 AND at_us > ?3 - 86400000000"
	  " ORDER BY id",
	  true },
	{ "mydata.aside",
	  { "name" },
	  "SELECT name FROM aside_member JOIN merge ON merge.id = merge_id WHERE into_id = ?1"
	  " AND group_id = ?2 AND at_us > ?3 - 86400000000 ORDER BY merge.id",
	  true },
	{ "mydata.waiting",
	  { NULL },
	  "SELECT 1 FROM outbox WHERE (person_id = ?1 OR about_id = ?1) AND ?2 AND markup IS NOT "
	  "NULL" },
};

/* The value of column `i` under its name; "" where the sentence has no such placeholder. */
static char *value_of(struct circle *c, struct query *q, const char *name, int i, int64_t person)
{
	if (!name)
		return g_strdup("");
	if (g_str_equal(name, "name") && query_null(q, i))
		return g_strdup(words_get(c->words, "person.former"));
	if (!g_str_equal(name, "day") && !g_str_equal(name, "until"))
		return g_strdup(query_text(q, i));
	g_autofree char *zone_name = NULL;
	g_autoptr(GTimeZone) zone = people_zone(c, person, &zone_name);
	return words_day(c->words, query_int(q, i), zone);
}

static void tell_part(struct circle *c, int64_t person, struct draft *d, size_t part)
{
	const char *const *names = parts[part].names;
	struct query q = parts[part].lapses
				 ? db_query(c->db, parts[part].sql, "iii", person, c->id, c->now_us)
				 : db_query(c->db, parts[part].sql, "ii", person, c->id);

	while (query_next(&q)) {
		char *values[COLUMNS];

		for (int i = 0; i < COLUMNS; i++)
			values[i] = value_of(c, &q, names[i], i, person);
		draft_item(d, parts[part].key, names[0] ? names[0] : "-", values[0],
			   names[1] ? names[1] : "-", values[1], names[2] ? names[2] : "-",
			   values[2], NULL);
		for (int i = 0; i < COLUMNS; i++)
			g_free(values[i]);
	}
}

static void tell_tried(struct circle *c, int64_t person, struct draft *d)
{
	struct query q = db_query(c->db, "SELECT network, spelled FROM handle WHERE person_id = ?",
				  "i", person);

	while (query_next(&q))
		if (doors_traces(c, query_text(&q, 0), query_text(&q, 1)))
			draft_item(d, "mydata.tried", "account", query_text(&q, 1), NULL);
}

void mydata_tell(struct circle *c, int64_t person, struct draft *d)
{
	draft_say(d, "mydata", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		tell_part(c, person, d, i);
	if (records_any(c, person))
		draft_item(d, "mydata.record", NULL);
	tell_tried(c, person, d);
	draft_say(d, "mydata.end", NULL);
}

bool mydata_tell_stranger(struct circle *c, const struct event *e, struct draft *d)
{
	PITCHES_AUTHOR_AUTO struct pitches_author a = pitches_author(c, e);
	bool vouched = standing_stranger_vouched(c, e->network, e->account);
	bool traces = pitches_traces(c, &a), tried = doors_traces(c, e->network, e->account);

	if (!vouched && !traces && !tried)
		return false;
	draft_say(d, "mydata", NULL);
	if (vouched)
		draft_item(d, "mydata.vouched-stranger", NULL);
	if (traces)
		draft_item(d, "mydata.pitch-stranger", NULL);
	if (tried)
		draft_item(d, "mydata.tried-stranger", NULL);
	draft_say(d, "mydata.end", NULL);
	return true;
}
