#include "fixture.h"

#include "app/reload.h"
#include "base/log.h"
#include "circle/people.h"
#include "circle/recur.h"
#include "store/db.h"
#include "store/outbox.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* Far more than any state of the bot leads to: it says, and does, finitely much. */
enum { RUNS_MOST = 10000 };

const char fixture_config[] = "[group]\n"
			      "name = Makers\n"
			      "timezone = Europe/Berlin\n"
			      "organizers = libera/olga\n"
			      "places = libera/#makers\n"
			      "[irc libera]\n"
			      "server = irc.example.org\n"
			      "nick = kith\n";

const char fixture_two_groups[] = "[group makers]\n"
				  "name = Makers\n"
				  "timezone = Europe/Berlin\n"
				  "organizers = libera/olga\n"
				  "places = libera/#makers, home/#makers\n"
				  "[group poets]\n"
				  "name = Poets\n"
				  "timezone = Europe/Berlin\n"
				  "organizers = libera/paula\n"
				  "places = libera/#poets\n"
				  "prefix = ,\n"
				  "[irc libera]\n"
				  "server = irc.example.org\n"
				  "nick = kith\n"
				  "[irc home]\n"
				  "server = irc.example.com\n"
				  "nick = kith\n";

/* --- The network --- */

static void fake_post_free(void *data)
{
	struct fake_post *p = data;

	g_free((char *)p->post.key);
	g_free((char *)p->post.network);
	g_free((char *)p->post.room);
	g_free((char *)p->post.account);
	g_free((char *)p->post.shown);
	g_free((char *)p->post.reply_to);
	g_free((char *)p->post.thread);
	g_free((char *)p->post.room_else);
	g_free((char *)p->post.markup_else);
	g_free((char *)p->post.word);
	g_free((char *)p->post.markup);
	g_free((char *)p->post.more);
	g_free(p);
}

static struct fake_post *fake_post_new(const struct post *p, int64_t at_us)
{
	struct fake_post *copy = g_new0(struct fake_post, 1);

	copy->at_us = at_us;
	copy->post = (struct post){
		.key = g_strdup(p->key),
		.network = g_strdup(p->network),
		.room = g_strdup(p->room),
		.account = g_strdup(p->account),
		.shown = g_strdup(p->shown),
		.reply_to = g_strdup(p->reply_to),
		.thread = g_strdup(p->thread),
		.room_else = g_strdup(p->room_else),
		.markup_else = g_strdup(p->markup_else),
		.opens = p->opens,
		.kind = p->kind,
		.expires_at_us = p->expires_at_us,
		.word = g_strdup(p->word),
		.markup = g_strdup(p->markup),
		.more = g_strdup(p->more),
		.continues = p->continues,
	};
	return copy;
}

static int fake_open(const struct transport_env *env, const struct config_section *c,
		     struct transport **ret);

static int fake_send(struct transport *t, const struct post *p)
{
	struct fake *fake = (struct fake *)t;
	const char *to = p->room ? p->room : p->account;

	fake->tries++;
	if (fake->answer < 0 && (!fake->answer_only || !g_strcmp0(fake->answer_only, to))) {
		int r = fake->answer;
		fake->answer = fake->answer_once ? 0 : r;
		return r;
	}
	struct fake_post *post = fake_post_new(p, fake->fixture->clock.now_us);
	g_ptr_array_add(fake->fixture->heard, post);
	g_ptr_array_add(fake->posts, post);
	return 0;
}

static void fake_close(struct transport *t)
{
	struct fake *fake = (struct fake *)t;

	if (!fake)
		return;
	if (fake->fixture->noting) {
		db_begin(fake->env.db);
		db_run(fake->env.db, "INSERT INTO meta(key, value) VALUES('closed', '')", "");
		db_end(fake->env.db);
	}
	g_ptr_array_remove(fake->fixture->fakes, fake);
	g_ptr_array_unref(fake->posts);
	g_free(fake->answer_only);
	g_free((char *)fake->transport.name);
	g_free(fake);
}

static const struct transport_impl transport_fake = {
	.kind = "fake",
	.idempotent = true,
	.open = fake_open,
	.send = fake_send,
	.close = fake_close,
};

static const struct transport_impl transport_forgetful = {
	.kind = "fake",
	.idempotent = false,
	.open = fake_open,
	.send = fake_send,
	.close = fake_close,
};

static int fake_open(const struct transport_env *env, const struct config_section *c,
		     struct transport **ret)
{
	const struct fixture *f = env->context;

	if (!g_strcmp0(c->name, f->unopened))
		return -EINVAL;
	struct fake *fake = g_new0(struct fake, 1);

	fake->fixture = env->context;
	fake->env = *env;
	fake->transport.impl = fake->fixture->forgetful ? &transport_forgetful : &transport_fake;
	fake->transport.name = g_strdup(c->name);
	fake->posts = g_ptr_array_new();
	g_ptr_array_add(fake->fixture->fakes, fake);
	*ret = &fake->transport;
	return 0;
}

struct fake *fixture_fake(struct fixture *f, const char *network)
{
	for (unsigned i = 0; i < f->fakes->len; i++) {
		struct fake *fake = f->fakes->pdata[i];

		if (!strcmp(fake->transport.name, network))
			return fake;
	}
	g_assert_not_reached();
}

void fixture_fake_state(struct fake *fake, enum transport_state state)
{
	fake->env.listener->state(fake->env.data, &fake->transport, state);
}

void fixture_state(struct fixture *f, enum transport_state state)
{
	for (unsigned i = 0; i < f->fakes->len; i++)
		fixture_fake_state(f->fakes->pdata[i], state);
}

int fixture_confirm(struct fake *fake, int error)
{
	int confirmed = 0;

	for (unsigned i = 0; i < fake->posts->len; i++) {
		struct fake_post *p = fake->posts->pdata[i];

		if (p->confirmed)
			continue;
		p->confirmed = true;
		confirmed++;
		fake->env.listener->delivered(fake->env.data, &fake->transport, p->post.key, error);
	}
	return confirmed;
}

/* --- The process --- */

/* Every network becomes a fake. */
static int read_config(const char *text, struct config **ret, char **ret_faults)
{
	int r = config_parse(text, "fixture", ret, ret_faults);

	for (unsigned i = 0; r == 0 && i < (*ret)->networks->len; i++) {
		struct config_section *section = (*ret)->networks->pdata[i];

		g_free(section->kind);
		section->kind = g_strdup("fake");
	}
	return r;
}

static void parse_config(struct fixture *f, const char *text)
{
	g_autofree char *faults = NULL;

	if (read_config(text, &f->config, &faults) < 0)
		g_error("the fixture's configuration: %s", faults);
}

static int load(void *data, struct config **ret, char **ret_faults)
{
	const struct fixture *f = data;

	if (f->file)
		return read_config(f->file, ret, ret_faults);
	*ret_faults = g_strdup("fixture: cannot be read: there is none\n");
	return -ENOENT;
}

static void open_app(struct fixture *f)
{
	static const struct transport_impl *const transports[] = { &transport_fake, NULL };
	const struct app_options options = {
		.config = f->config,
		.store = f->store,
		.clock = &f->clock.clock,
		.transports = transports,
		.context = f,
		.load = load,
		.data = f,
	};
	g_autofree char *error = NULL;

	/* What is given up and refused here is so on purpose. */
	log_set_level(LOG_LEVEL_ERROR);
	if (app_open(&options, &f->app, &error) < 0)
		g_error("the fixture's app: %s", error);
}

void fixture_init(struct fixture *f, const char *config)
{
	g_autoptr(GError) error = NULL;

	memset(f, 0, sizeof(*f));
	f->folder = g_dir_make_tmp("kith-test-XXXXXX", &error);
	g_assert_no_error(error);
	f->store = g_build_filename(f->folder, "kith.db", NULL);
	f->fakes = g_ptr_array_new();
	f->heard = g_ptr_array_new_with_free_func(fake_post_free);
	parse_config(f, config);
	clock_virtual_init(&f->clock, fixture_time(f, "2026-11-23 08:00"));
	open_app(f);
}

static void remove_folder(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_unlink(path);
	}
	g_rmdir(folder);
}

void fixture_done(struct fixture *f)
{
	app_close(f->app);
	config_free(f->config);
	remove_folder(f->folder);
	g_ptr_array_unref(f->fakes);
	g_ptr_array_unref(f->heard);
	g_free(f->cause);
	g_free(f->store);
	g_free(f->folder);
}

void fixture_restart(struct fixture *f, const char *config)
{
	app_close(f->app);
	if (config) {
		config_free(f->config);
		parse_config(f, config);
	}
	open_app(f);
}

void fixture_kill(struct fixture *f)
{
	app_crash_at(f->app, APP_NOWHERE);
	fixture_restart(f, NULL);
}

int fixture_reload(struct fixture *f, const char *config, char **ret_faults)
{
	f->file = config;
	int r = reload_read(f->app, ret_faults);
	reload_apply(f->app);
	log_set_level(LOG_LEVEL_ERROR);
	return r;
}

/* --- Time --- */

static const struct config_group *first_group(const struct fixture *f)
{
	return f->config->groups->pdata[0];
}

int64_t fixture_time(const struct fixture *f, const char *text)
{
	GDate date;
	int year, month, day, hour, minute;
	int read = sscanf(text, "%d-%d-%d %d:%d", &year, &month, &day, &hour, &minute);

	g_assert_cmpint(read, ==, 5);
	g_date_clear(&date, 1);
	g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
	return recur_at(g_date_get_julian(&date), hour, minute, first_group(f)->zone);
}

void fixture_set(struct fixture *f, const char *text)
{
	clock_virtual_set(&f->clock, fixture_time(f, text));
}

int64_t fixture_run(struct fixture *f)
{
	for (int runs = 0; runs < RUNS_MOST; runs++) {
		int64_t next_us = app_run_due(f->app, f->clock.now_us);
		int confirmed = 0;

		for (unsigned i = 0; i < f->fakes->len; i++) {
			struct fake *fake = f->fakes->pdata[i];

			if (!fake->hold)
				confirmed += fixture_confirm(fake, 0);
		}
		if (!confirmed && next_us > f->clock.now_us)
			return next_us;
	}
	g_error("the app never comes to rest");
}

void fixture_run_until(struct fixture *f, const char *text)
{
	int64_t until_us = fixture_time(f, text);
	int64_t next_us;

	while ((next_us = fixture_run(f)) <= until_us)
		clock_virtual_set(&f->clock, next_us);
	clock_virtual_set(&f->clock, until_us);
	fixture_run(f);
}

/* --- What is said --- */

static const char *next_cause(struct fixture *f)
{
	g_free(f->cause);
	f->cause = g_strdup_printf("event-%u", ++f->causes);
	return f->cause;
}

void fixture_event(struct fixture *f, struct event e)
{
	e.trusted = true;
	fixture_doubtful(f, e);
}

void fixture_doubtful(struct fixture *f, struct event e)
{
	const struct config_address *place = first_group(f)->places->pdata[0];

	if (!e.id)
		e.id = next_cause(f);
	if (!e.network)
		e.network = place->network;
	if (!e.room && !e.direct)
		e.room = place->name;
	if (!e.shown)
		e.shown = e.account ? e.account : "somebody";
	if (!e.text)
		e.text = "";
	if (!e.at_us)
		e.at_us = f->clock.now_us;
	struct fake *fake = fixture_fake(f, e.network);
	fake->env.listener->event(fake->env.data, &fake->transport, &e);
}

const char *fixture_say(struct fixture *f, const char *who, const char *text)
{
	fixture_event(f, (struct event){ .account = who, .text = text });
	fixture_run(f);
	return f->cause;
}

const char *fixture_whisper(struct fixture *f, const char *who, const char *text)
{
	fixture_event(f, (struct event){ .account = who, .text = text, .direct = true });
	fixture_run(f);
	return f->cause;
}

char *fixture_heard(struct fixture *f)
{
	GString *heard = g_string_new(NULL);

	for (; f->told < f->heard->len; f->told++) {
		const struct post *p = &((struct fake_post *)f->heard->pdata[f->told])->post;

		g_string_append_printf(heard, "%s%s%s%s", heard->len ? " " : "", p->word,
				       p->room ? "" : ">",
				       p->room      ? ""
				       : p->account ? p->account
						    : p->shown);
	}
	return g_string_free(heard, FALSE);
}

const struct fake_post *fixture_post(struct fixture *f, const char *word)
{
	for (unsigned i = f->heard->len; i-- > 0;) {
		const struct fake_post *p = f->heard->pdata[i];

		if (!strcmp(p->post.word, word))
			return p;
	}
	return NULL;
}

/* --- The domain, without a message --- */

struct circle *fixture_begin(struct fixture *f)
{
	app_begin(f->app);
	f->circle = app_circle(f->app, &f->app->groups[0], f->clock.now_us, next_cause(f));
	return &f->circle;
}

void fixture_end(struct fixture *f)
{
	g_clear_pointer(&f->circle.cause_made, g_free);
	app_commit(f->app);
}

int64_t fixture_member(struct fixture *f, const char *name)
{
	const struct config_address *place = first_group(f)->places->pdata[0];
	struct event e = { .network = place->network, .account = name, .shown = name };
	bool new;
	int64_t person = people_join(fixture_begin(f), &e, NULL, "", &new);

	fixture_end(f);
	return person;
}

/* --- The store, from outside --- */

static sqlite3_stmt *look(struct fixture *f, sqlite3 **ret_sqlite, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_open_v2(f->store, ret_sqlite, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(*ret_sqlite, sql, -1, &stmt, NULL) != SQLITE_OK)
		g_error("%s: %s", sql, sqlite3_errmsg(*ret_sqlite));
	return stmt;
}

int64_t fixture_int(struct fixture *f, int64_t none, const char *sql)
{
	sqlite3 *sqlite;
	sqlite3_stmt *stmt = look(f, &sqlite, sql);

	if (sqlite3_step(stmt) == SQLITE_ROW)
		none = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(sqlite);
	return none;
}

char *fixture_text(struct fixture *f, const char *sql)
{
	sqlite3 *sqlite;
	sqlite3_stmt *stmt = look(f, &sqlite, sql);
	char *text = NULL;

	if (sqlite3_step(stmt) == SQLITE_ROW)
		text = g_strdup((const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(sqlite);
	return text;
}

bool fixture_on_disk(const struct fixture *f, const char *bytes)
{
	static const char *const suffixes[] = { "", "-wal" };

	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *path = g_strconcat(f->store, suffixes[i], NULL);
		g_autofree char *contents = NULL;
		size_t length;

		if (g_file_get_contents(path, &contents, &length, NULL) &&
		    memmem(contents, length, bytes, strlen(bytes)))
			return true;
	}
	return false;
}

/* --- For cmocka --- */

int fixture_set_up(void **state)
{
	struct fixture *f = g_new(struct fixture, 1);

	fixture_init(f, fixture_config);
	fixture_state(f, TRANSPORT_ONLINE);
	*state = f;
	return 0;
}

int fixture_tear_down(void **state)
{
	fixture_done(*state);
	g_free(*state);
	return 0;
}
