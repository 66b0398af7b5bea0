#include "circle/works.h"

#include "base/text/text.h"
#include "circle/people.h"
#include "pitch/fold.h"
#include "post.h"
#include "store/db.h"

#include <string.h>

static struct work *row_of(struct query *q)
{
	struct work *w = g_new0(struct work, 1);

	w->id = query_int(q, 0);
	w->number = query_int(q, 1);
	w->maker = query_int(q, 2);
	w->title = g_strdup(query_text(q, 3));
	w->link = g_strdup(query_text(q, 4));
	w->want = g_strdup(query_text(q, 5));
	w->made_at_us = query_int(q, 6);
	return w;
}

static struct work *first_of(struct query q)
{
	struct work *w = NULL;

	if (query_next(&q)) {
		w = row_of(&q);
		query_done(&q);
	}
	return w;
}

#define COLUMNS "SELECT id, number, maker_id, title, link, want, made_at_us FROM work "

struct work *works_find(struct circle *c, int64_t number)
{
	return first_of(
		db_query(c->db, COLUMNS "WHERE group_id = ? AND number = ?", "ii", c->id, number));
}

struct work *works_by_id(struct circle *c, int64_t id)
{
	return first_of(db_query(c->db, COLUMNS "WHERE id = ?", "i", id));
}

int64_t works_group(struct db *db, int64_t id)
{
	return db_int(db, 0, "SELECT group_id FROM work WHERE id = ?", "i", id);
}

struct work *works_same(struct circle *c, int64_t maker, const char *link, const char *title)
{
	/* The + leaves the order to a sort of the one or two there are: by id all of a maker's
	 * works would be read. */
	if (link)
		return first_of(db_query(c->db,
					 COLUMNS "WHERE group_id = ? AND maker_id = ? AND link = ?"
						 " ORDER BY +id DESC",
					 "iit", c->id, maker, link));
	return first_of(db_query(c->db,
				 COLUMNS "WHERE group_id = ? AND maker_id = ? AND link IS NULL"
					 " AND title = ? ORDER BY +id DESC",
				 "iit", c->id, maker, title));
}

void works_free(struct work *w)
{
	if (!w)
		return;
	g_free(w->title);
	g_free(w->link);
	g_free(w->want);
	g_free(w);
}

int64_t works_add(struct circle *c, int64_t maker, const char *title, const char *link,
		  const char *want)
{
	int64_t number = db_int(c->db, 1, "SELECT next_work FROM groups WHERE id = ?", "i", c->id);

	db_run(c->db, "UPDATE groups SET next_work = ? WHERE id = ?", "ii", number + 1, c->id);
	db_run(c->db,
	       "INSERT INTO work(group_id, number, maker_id, title, link, want, made_at_us)"
	       " VALUES(?, ?, ?, ?, ?, ?, ?)",
	       "iiittti", c->id, number, maker, title, link, want, c->now_us);
	return db_last_id(c->db);
}

void works_change(struct circle *c, int64_t id, const char *title, const char *link,
		  const char *want)
{
	db_run(c->db, "UPDATE work SET title = ?, link = ?, want = ? WHERE id = ?", "ttti", title,
	       link, want, id);
}

void works_tidy(struct circle *c, int64_t id)
{
	db_run(c->db,
	       "DELETE FROM work WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM entry WHERE work_id = "
	       "?1)"
	       " AND NOT EXISTS (SELECT 1 FROM note WHERE work_id = ?1)"
	       " AND NOT EXISTS (SELECT 1 FROM share WHERE work_id = ?1)"
	       " AND NOT EXISTS (SELECT 1 FROM story WHERE work_id = ?1)",
	       "i", id);
}

char **works_of(struct circle *c, int64_t maker, int most)
{
	g_autoptr(GStrvBuilder) titles = g_strv_builder_new();
	struct query q = db_query(
		c->db,
		COLUMNS "WHERE group_id = ? AND maker_id = ? AND (EXISTS (SELECT 1 FROM entry"
			" WHERE work_id = work.id AND round_id IS NOT NULL)"
			" OR EXISTS (SELECT 1 FROM note WHERE work_id = work.id AND NOT private)"
			" OR EXISTS (SELECT 1 FROM share WHERE work_id = work.id)"
			" OR EXISTS (SELECT 1 FROM story WHERE work_id = work.id))"
			" ORDER BY id DESC LIMIT ?",
		"iii", c->id, maker, (int64_t)most);

	while (query_next(&q)) {
		WORKS_AUTO struct work *w = row_of(&q);
		g_autofree char *title = works_short(c, w);
		g_strv_builder_add(titles, title);
	}
	return g_strv_builder_end(titles);
}

/* Plain text: it is a value of other sentences, which escape it themselves. */
char *works_short(struct circle *c, const struct work *w)
{
	g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, w->number);
	g_autofree char *markup =
		words_say(c->words, *w->title ? "work.short" : "work.short-forgotten", "number",
			  number, "title", w->title, NULL);

	return post_plain(markup);
}

char *works_line(struct circle *c, const struct work *w)
{
	g_autofree char *what = works_short(c, w);
	g_autofree char *maker = people_name(c, w->maker);

	if (w->link)
		return words_say(c->words, "work.line-link", "work", what, "link", w->link, "maker",
				 maker, NULL);
	return words_say(c->words, "work.line", "work", what, "maker", maker, NULL);
}

int64_t works_number(const char *text, const char **ret_rest)
{
	char *end;

	if (*text == '#')
		text++;
	if (!g_ascii_isdigit(*text))
		return 0;
	int64_t number = g_ascii_strtoll(text, &end, 10);
	if (*end && *end != ' ' && *end != ',' && *end != ':' && *end != '.')
		return 0;
	*ret_rest = end + strspn(end, " ,:.");
	return number == INT64_MAX ? 0 : number;
}

/* A title this short may be said by chance; so may one of a single word, unless it is long. */
enum { TITLE_LEAST = 8 };
/* Only the latest are looked for, about a year's of a full circle. */
#define MENTION_MOST 500

static bool within(const char *key, const char *text)
{
	g_autofree char *whole = g_strconcat(" ", key, " ", NULL);
	g_autofree char *part = NULL;
	struct fold f;

	fold_init(&f, text);
	g_autofree char *words = fold_key(&f);
	fold_done(&f);
	part = g_strconcat(" ", words, " ", NULL);
	return *words && strstr(whole, part);
}

enum works_mention works_mentioned(struct circle *c, int64_t person, const char *key)
{
	enum works_mention mention = WORKS_NONE;
	struct query q = db_query(c->db,
				  "SELECT maker_id, title, link FROM work WHERE group_id = ?1"
				  " ORDER BY id DESC LIMIT ?2",
				  "ii", c->id, (int64_t)MENTION_MOST);

	while (query_next(&q)) {
		const char *title = query_text(&q, 1), *link = query_text(&q, 2);
		bool own = person && query_int(&q, 0) == person;
		bool named = link && within(key, link);

		if (!named && !own && text_length(title) >= TITLE_LEAST)
			named = within(key, title);
		if (named && own) {
			mention = WORKS_OWN;
			query_done(&q);
			break;
		}
		if (named)
			mention = WORKS_OTHERS;
	}
	return mention;
}
