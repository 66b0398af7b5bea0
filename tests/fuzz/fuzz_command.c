/*
 * Anything anybody may say, to the whole bot: in the room or in private, by a member, an organizer,
 * a stranger or somebody not identified. It never crashes; what it says is valid and without what
 * nobody may put into it; the same message says the same under the same keys; and of people who
 * have not joined nothing is kept.
 *
 * The first byte says who and how (as a reply, with a file, as a mark), the rest is the text. Every
 * input meets the same bot: what it did is rolled back.
 */
#include "base/text/text.h"
#include "fixture.h"
#include "store/db.h"
#include "store/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const char *account, *shown;
} speakers[] = {
	{ "ana", "ana" },               /* a member */
	{ "olga", "olga" },             /* the organizer, a member */
	{ "zoe", "Zoe **the** @room" }, /* a stranger */
	{ NULL, "ben" },                /* not identified, and called like somebody who is */
};

static struct fixture fixture;

static void finish(void)
{
	fixture_done(&fixture);
}

/* An open round with a work in it, and somebody who is away. */
static struct fixture *ground(void)
{
	static const char *const week[][2] = {
		{ "ben", "!show https://example.org/bench A bench want: too low?" },
		{ "ben", "!away until 2027-01-01" },
		{ "ana", "!note 1 the joints" },
		{ "ana", "!show \"Vase\"" },
		{ "olga", "!show --next \"Lamp\"" },
	};
	struct fixture *f = &fixture;

	if (f->app)
		return f;
	fixture_init(f, fixture_config);
	atexit(finish);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_member(f, "olga");
	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_run_until(f, "2026-11-23 10:00");
	for (size_t i = 0; i < G_N_ELEMENTS(week); i++)
		fixture_say(f, week[i][0], week[i][1]);
	for (size_t i = 0; i < G_N_ELEMENTS(speakers); i++)
		fixture_event(f, (struct event){ .account = speakers[i].account,
						 .shown = speakers[i].shown,
						 .text = "hello" });
	/* The marks are written: nothing is left to do. */
	clock_virtual_set(&f->clock, f->clock.now_us + CLOCK_US_PER_MINUTE);
	fixture_run(f);
	return f;
}

/* Rows that tell of a person, and what else strangers must not add to. */
static int64_t kept(struct db *db)
{
	static const char sql[] =
		"SELECT (SELECT count(*) FROM person) + (SELECT count(*) FROM handle)"
		" + (SELECT count(*) FROM member) + (SELECT count(*) FROM work)"
		" + (SELECT count(*) FROM entry) + (SELECT count(*) FROM note)"
		" + (SELECT count(*) FROM share) + (SELECT count(*) FROM thanks)"
		" + (SELECT count(*) FROM story) + (SELECT count(*) FROM vouch)"
		" + (SELECT count(*) FROM absence) + (SELECT count(*) FROM holiday)"
		" + (SELECT count(*) FROM record) + (SELECT count(*) FROM reading)"
		" + (SELECT count(*) FROM round)";
	return db_int(db, 0, sql, "");
}

static void assert_sayable(const struct post *p)
{
	g_autofree char *plain = post_plain(p->markup);
	g_autofree char *html = post_html(p->markup);

	assert(strlen(p->key) == 32);
	assert(*p->word);
	assert(*p->markup && g_utf8_validate(p->markup, -1, NULL));
	assert(g_utf8_validate(plain, -1, NULL) && g_utf8_validate(html, -1, NULL));
	assert(!strstr(plain, "@room"));
	for (const char *at = plain; *at; at++)
		assert((unsigned char)*at >= ' ' || *at == '\n');
	assert((p->room != NULL) != (p->account || p->shown));
}

/* One message from the same beginning; what was said goes to `ret_said`. */
static void say(struct fixture *f, uint8_t how, const char *text, GPtrArray *ret_said)
{
	unsigned who = how & 3, told = f->heard->len;
	enum event_kind kind = how & 128 ? EVENT_REACTION : how & 16 ? EVENT_EDIT : EVENT_MESSAGE;
	/* The first message of all showed the bench. */
	struct event e = {
		.kind = kind,
		.id = "the-message",
		.target = kind == EVENT_REACTION ? "event-1"
			  : kind == EVENT_EDIT   ? "another"
						 : NULL,
		.reply_to = how & 32 ? "event-1" : NULL,
		.file_name = how & 64 ? text : NULL,
		.account = speakers[who].account,
		.shown = speakers[who].shown,
		.text = text,
		.direct = how & 4,
		.addressed = how & 8,
	};

	db_begin(f->app->db);
	int64_t before = kept(f->app->db);
	fixture_event(f, e);
	fixture_run(f);
	bool joined = speakers[who].account &&
		      db_int(f->app->db, 0, "SELECT 1 FROM handle WHERE account = ?", "t",
			     speakers[who].account);
	assert(joined || kept(f->app->db) == before);
	assert(speakers[who].account || kept(f->app->db) == before);
	db_undo(f->app->db);
	for (unsigned i = told; i < f->heard->len; i++) {
		const struct fake_post *p = f->heard->pdata[i];

		assert_sayable(&p->post);
		g_ptr_array_add(ret_said,
				g_strconcat(p->post.key, p->post.word, " ", p->post.markup, NULL));
	}
}

/* Back to the beginning: nothing said, nothing waiting. */
static void forget_said(struct fixture *f)
{
	struct outbox_post *p;
	struct fake *fake = f->fakes->pdata[0];

	g_ptr_array_set_size(fake->posts, 0);
	g_ptr_array_set_size(f->heard, 0);
	f->told = 0;
	outbox_free(f->app->outbox);
	f->app->outbox = outbox_new(f->app->db);
	p = outbox_next(f->app->outbox, 0);
	assert(p && p->person && !outbox_next(f->app->outbox, p->seq)); /* ben's, who is away */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fixture *f = ground();
	g_autoptr(GPtrArray) first = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) again = g_ptr_array_new_with_free_func(g_free);

	if (size < 1)
		return 0;
	g_autofree char *text = text_valid((const char *)data + 1, size - 1);
	forget_said(f);
	say(f, data[0], text, first);
	forget_said(f);
	say(f, data[0], text, again);
	assert(first->len == again->len);
	for (unsigned i = 0; i < first->len; i++)
		assert(!strcmp(first->pdata[i], again->pdata[i]));
	return 0;
}
