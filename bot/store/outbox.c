#include "store/outbox.h"

#include "store/db.h"

#include <glib.h>
#include <string.h>

/* What stays of a post that was said, or will never be, is its key. */
#define ERASE                                                                              \
	"UPDATE outbox SET markup = NULL, account = NULL, shown = NULL, person_id = NULL," \
	" about_id = NULL, source = NULL, attachment = NULL, room_else = NULL,"            \
	" markup_else = NULL "

/* Of answers that were never stored: so many, the last, are known. */
#define SAID_MOST 256

/* What stays of such an answer. */
struct said {
	char *key;
	char *reply_to; /* or NULL */
	int64_t work;
};

struct outbox {
	struct db *db;
	GPtrArray *posts; /* of struct outbox_post, by seq: what is not delivered yet */
	GPtrArray *done;  /* keys of stored posts whose mark is not written yet */
	bool scrub;       /* among them is the address of somebody of whom nothing is kept */
	int64_t last_seq;
	GQueue said; /* of struct said, the latest first */
};

static void said_free(void *data)
{
	struct said *s = data;

	g_free(s->key);
	g_free(s->reply_to);
	g_free(s);
}

static void post_free(void *data)
{
	struct outbox_post *p = data;

	g_free((char *)p->post.key);
	g_free((char *)p->post.network);
	g_free((char *)p->post.room);
	g_free((char *)p->post.account);
	g_free((char *)p->post.shown);
	g_free((char *)p->post.reply_to);
	g_free((char *)p->post.thread);
	g_free((char *)p->post.edits);
	g_free((char *)p->post.room_else);
	g_free((char *)p->post.markup_else);
	g_free((char *)p->post.word);
	g_free((char *)p->post.markup);
	g_free((char *)p->post.attachment);
	g_free((char *)p->post.more);
	g_free(p->source);
	g_free(p);
}

static struct outbox_post *post_copy(const struct post *p)
{
	struct outbox_post *copy = g_new0(struct outbox_post, 1);

	copy->post = *p;
	copy->post.key = g_strdup(p->key);
	copy->post.network = g_strdup(p->network);
	copy->post.room = g_strdup(p->room);
	copy->post.account = g_strdup(p->account);
	copy->post.shown = g_strdup(p->shown);
	copy->post.reply_to = g_strdup(p->reply_to);
	copy->post.thread = g_strdup(p->thread);
	copy->post.edits = g_strdup(p->edits);
	copy->post.room_else = g_strdup(p->room_else);
	copy->post.markup_else = g_strdup(p->markup_else);
	copy->post.word = g_strdup(p->word);
	copy->post.markup = g_strdup(p->markup);
	copy->post.attachment = g_strdup(p->attachment);
	copy->post.more = g_strdup(p->more);
	return copy;
}

static void load(struct outbox *o)
{
	struct query q =
		db_query(o->db,
			 "SELECT key, network, room, account, shown, reply_to, thread, edits,"
			 " kind, expires_at_us, word, markup, attachment, person_id,"
			 " not_before_us, seq, about_id, source, room_else, markup_else, work_id"
			 " FROM outbox WHERE markup IS NOT NULL ORDER BY seq",
			 "");

	while (query_next(&q)) {
		struct outbox_post *p = post_copy(&(struct post){
			.key = query_text(&q, 0),
			.network = query_text(&q, 1),
			.room = query_text(&q, 2),
			.account = query_text(&q, 3),
			.shown = query_text(&q, 4),
			.reply_to = query_text(&q, 5),
			.thread = query_text(&q, 6),
			.edits = query_text(&q, 7),
			.kind = (enum post_kind)query_int(&q, 8),
			.expires_at_us = query_int(&q, 9),
			.word = query_text(&q, 10),
			.markup = query_text(&q, 11),
			.attachment = query_text(&q, 12),
			.room_else = query_text(&q, 18),
			.markup_else = query_text(&q, 19),
		});

		p->person = query_int(&q, 13);
		p->not_before_us = query_int(&q, 14);
		p->seq = query_int(&q, 15);
		p->about = query_int(&q, 16);
		p->source = g_strdup(query_text(&q, 17));
		p->work = query_int(&q, 20);
		p->stored = true;
		g_ptr_array_add(o->posts, p);
	}
	/* Only an order among those waiting is needed; delivered ones do not count. */
	if (o->posts->len > 0)
		o->last_seq = ((struct outbox_post *)o->posts->pdata[o->posts->len - 1])->seq;
}

struct outbox *outbox_new(struct db *db)
{
	struct outbox *o = g_new0(struct outbox, 1);

	o->db = db;
	o->posts = g_ptr_array_new_with_free_func(post_free);
	o->done = g_ptr_array_new_with_free_func(g_free);
	load(o);
	return o;
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	g_ptr_array_unref(o->posts);
	g_ptr_array_unref(o->done);
	g_queue_clear_full(&o->said, said_free);
	g_free(o);
}

struct outbox_post *outbox_add(struct outbox *o, const struct post *p, int64_t person,
			       int64_t about, int64_t not_before_us)
{
	if (outbox_find(o, p->key) ||
	    db_int(o->db, 0, "SELECT 1 FROM outbox WHERE key = ?", "t", p->key))
		return NULL;

	struct outbox_post *copy = post_copy(p);
	copy->person = person;
	copy->about = about;
	copy->not_before_us = not_before_us;
	copy->seq = ++o->last_seq;
	copy->fresh = true;
	g_ptr_array_add(o->posts, copy);
	return copy;
}

struct outbox_post *outbox_next(struct outbox *o, int64_t after)
{
	for (unsigned i = 0; i < o->posts->len; i++) {
		struct outbox_post *p = o->posts->pdata[i];
		if (p->seq > after)
			return p;
	}
	return NULL;
}

struct outbox_post *outbox_find(struct outbox *o, const char *key)
{
	for (unsigned i = 0; i < o->posts->len; i++) {
		struct outbox_post *p = o->posts->pdata[i];
		if (!strcmp(p->post.key, key))
			return p;
	}
	return NULL;
}

static void remember(struct outbox *o, const struct outbox_post *p)
{
	struct said *s = g_new0(struct said, 1);

	if (o->said.length == SAID_MOST)
		said_free(g_queue_pop_tail(&o->said));
	s->key = g_strdup(p->post.key);
	s->reply_to = g_strdup(p->post.reply_to);
	s->work = p->work;
	g_queue_push_head(&o->said, s);
}

static const struct said *remembered(const struct outbox *o, const char *key)
{
	for (const GList *i = o->said.head; i; i = i->next) {
		const struct said *s = i->data;

		if (!strcmp(s->key, key))
			return s;
	}
	return NULL;
}

int64_t outbox_work(struct outbox *o, const char *key)
{
	const struct outbox_post *p = outbox_find(o, key);
	const struct said *s = remembered(o, key);

	if (p)
		return p->work;
	if (s)
		return s->work;
	return db_int(o->db, 0, "SELECT work_id FROM outbox WHERE key = ?", "t", key);
}

char *outbox_answers(struct outbox *o, const char *key)
{
	const struct outbox_post *p = outbox_find(o, key);
	const struct said *s = remembered(o, key);

	if (p)
		return g_strdup(p->post.reply_to);
	if (s)
		return g_strdup(s->reply_to);
	return db_text(o->db, "SELECT reply_to FROM outbox WHERE key = ?", "t", key);
}

void outbox_done(struct outbox *o, const char *key)
{
	struct outbox_post *p = outbox_find(o, key);

	if (!p)
		return;
	if (p->stored) {
		g_ptr_array_add(o->done, g_strdup(key));
		o->scrub = o->scrub || (!p->person && !p->about && !p->post.room);
	} else {
		remember(o, p);
	}
	g_ptr_array_remove(o->posts, p);
}

bool outbox_dirty(const struct outbox *o)
{
	return o->done->len > 0;
}

/* A post to a person names no account here: the door is theirs to change until it is said. */
static void store(struct outbox *o, struct outbox_post *p)
{
	const struct post *post = &p->post;

	db_run(o->db,
	       "INSERT INTO outbox(key, seq, network, room, account, shown, reply_to, thread, "
	       "edits,"
	       " kind, expires_at_us, not_before_us, word, markup, attachment, person_id, about_id,"
	       " source, room_else, markup_else, work_id) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
	       "?,"
	       " ?, ?, ?, nullif(?, 0), nullif(?, 0), ?, ?, ?, (SELECT id FROM work WHERE id = ?))",
	       "titttttttiiitttiittti", post->key, p->seq, post->network, post->room,
	       p->person ? NULL : post->account, post->shown, post->reply_to, post->thread,
	       post->edits, (int64_t)post->kind, post->expires_at_us, p->not_before_us, post->word,
	       post->markup, post->attachment, p->person, p->about, p->source, post->room_else,
	       post->markup_else, p->work);
	p->stored = true;
}

void outbox_keep(struct outbox *o, struct outbox_post *p, const char *source)
{
	p->source = g_strdup(source);
	store(o, p);
}

void outbox_join(struct outbox *o)
{
	for (unsigned i = 0; i < o->posts->len; i++) {
		struct outbox_post *p = o->posts->pdata[i];

		if (!p->stored)
			store(o, p);
	}
	for (unsigned i = 0; i < o->done->len; i++)
		db_run(o->db, ERASE "WHERE key = ?", "t", (char *)o->done->pdata[i]);
	g_ptr_array_set_size(o->done, 0);
	if (o->scrub)
		db_scrub(o->db);
	o->scrub = false;
}

void outbox_flush(struct outbox *o)
{
	if (o->done->len == 0)
		return;
	db_begin(o->db);
	outbox_join(o);
	db_end(o->db);
}

void outbox_settle(struct outbox *o, bool rolled_back)
{
	for (unsigned i = o->posts->len; i-- > 0;) {
		struct outbox_post *p = o->posts->pdata[i];

		if (p->fresh && rolled_back)
			g_ptr_array_remove_index(o->posts, i);
		else
			p->fresh = false;
	}
}

void outbox_wait(struct outbox *o, int64_t person, int64_t from_us)
{
	for (unsigned i = 0; i < o->posts->len; i++) {
		struct outbox_post *p = o->posts->pdata[i];

		if (p->person == person)
			p->not_before_us = from_us;
	}
	db_run(o->db,
	       "UPDATE outbox SET not_before_us = ?2 WHERE person_id = ?1 AND markup IS NOT NULL",
	       "ii", person, from_us);
}

void outbox_reread(struct outbox *o)
{
	for (unsigned i = 0; i < o->posts->len; i++) {
		struct outbox_post *p = o->posts->pdata[i];
		struct query q =
			db_query(o->db, "SELECT person_id, about_id FROM outbox WHERE key = ?", "t",
				 p->post.key);

		if (!query_next(&q))
			continue;
		p->person = query_int(&q, 0);
		p->about = query_int(&q, 1);
		query_done(&q);
	}
}

static void drop(struct outbox *o, bool (*gone)(const struct outbox_post *p, const void *what),
		 const void *what)
{
	for (unsigned i = o->posts->len; i-- > 0;)
		if (gone(o->posts->pdata[i], what))
			g_ptr_array_remove_index(o->posts, i);
}

static bool told_from(const struct outbox_post *p, const void *source)
{
	return p->post.kind == POST_PRIVATE && p->source && !strcmp(p->source, source);
}

void outbox_recall(struct outbox *o, const char *source)
{
	drop(o, told_from, source);
	db_run(o->db, ERASE "WHERE source = ? AND kind = ?", "ti", source, (int64_t)POST_PRIVATE);
}

bool outbox_withdraw(struct outbox *o, int64_t person, int64_t about, const char *word)
{
	for (unsigned i = o->posts->len; i-- > 0;) {
		struct outbox_post *p = o->posts->pdata[i];

		if (p->sent || p->person != person || p->about != about ||
		    strcmp(p->post.word, word) != 0)
			continue;
		if (p->stored)
			db_run(o->db, ERASE "WHERE key = ?", "t", p->post.key);
		g_ptr_array_remove_index(o->posts, i);
		return true;
	}
	return false;
}

void outbox_revise(struct outbox *o, const char *key, const char *word, const char *markup)
{
	struct outbox_post *p = outbox_find(o, key);

	if (!p)
		return;
	g_free((char *)p->post.word);
	g_free((char *)p->post.markup);
	p->post.word = g_strdup(word);
	p->post.markup = g_strdup(markup);
	if (p->stored)
		db_run(o->db, "UPDATE outbox SET word = ?, markup = ? WHERE key = ?", "ttt", word,
		       markup, key);
}

static bool tells_of(const struct outbox_post *p, const void *person)
{
	return p->person == *(const int64_t *)person || p->about == *(const int64_t *)person;
}

void outbox_forget(struct outbox *o, int64_t person)
{
	drop(o, tells_of, &person);
	db_run(o->db, ERASE "WHERE person_id = ?1 OR about_id = ?1", "i", person);
}

void outbox_resend(struct outbox *o, const char *network)
{
	for (unsigned i = 0; i < o->posts->len; i++) {
		struct outbox_post *p = o->posts->pdata[i];

		if (!strcmp(p->post.network, network))
			p->sent = false;
	}
}

void outbox_prune(struct outbox *o, int64_t before_us)
{
	db_run(o->db, "DELETE FROM outbox WHERE markup IS NULL AND expires_at_us < ?", "i",
	       before_us);
}
