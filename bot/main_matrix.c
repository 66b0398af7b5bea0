/* kith matrix login, kith matrix status: signing in, and what is set up and what is not. */
#include "main.h"

#include "base/log.h"
#include "base/loop.h"
#include "base/text/text.h"
#include "clock.h"
#include "config.h"
#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/account.h"
#include "transport/matrix/device_id.h"
#include "transport/matrix/e2ee/blind.h"
#include "transport/matrix/e2ee/enrol.h"
#include "transport/matrix/login.h"
#include "transport/matrix/reply.h"
#include "transport/matrix/seal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define ANSWER_US (30 * CLOCK_US_PER_SECOND)

enum { ANSWER_BYTES_MOST = 8 * 1024 * 1024 };

/* A room of the configuration. */
struct seat {
	const struct config_group *group;
	const char *place; /* as the configuration has it */
	char *id;          /* the room it is now, or NULL */
	bool inside;
	bool encrypted; /* as kith saw it last ... */
	bool opaque;    /* ... in a way that it does not know */
};

struct door {
	const struct config *config;
	const struct config_section *section;
	struct loop *loop;
	struct http *http;
	struct db *db;
	struct seal *seal;
	struct account *account;
	struct enrol *keys; /* of its device */
	char *password;     /* while it signs in; NULL: it has a token */
	bool replace;       /* an identity that kith does not have the keys of */
	bool moved;         /* to another device than the one before */
	GPtrArray *seats;   /* of struct seat */
	unsigned asked;     /* seats whose alias was looked up */
	bool ended;         /* its token has, and kith can have another */
	bool rooms_known;   /* the server has told which rooms kith is in */
	int status;
};

static int status_of(int error)
{
	switch (-error) {
	case EACCES:
	case EEXIST:
	case ESTALE:
		return EX_NOPERM;
	case EPROTO:
		return EX_PROTOCOL;
	case EAGAIN:
	case EBUSY:
		return EX_TEMPFAIL;
	case EHOSTUNREACH:
		return EX_UNAVAILABLE;
	default:
		return EX_CANTCREAT; /* the store's */
	}
}

static int complain(const struct door *d, int status, const char *why)
{
	fprintf(stderr, "%s: %s\n", d->section->name, why);
	return status;
}

/*
 * The screen
 */

static void tell(const char *what, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(const char *what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	/* Some of it is a server's word. */
	g_autofree char *line = text_line(text);
	printf("  %-11s %s\n", what, line);
}

static const char *state_of(const struct door *d, const struct seat *s)
{
	if (!d->account)
		return "to be seen once kith is signed in";
	if (!d->rooms_known)
		return "the server does not say whether kith is in it";
	if (!s->inside)
		return "kith is not in it";
	if (s->opaque)
		return "kith is in it, but it is encrypted in a way that kith does not know";
	return s->encrypted ? "kith is in it, encrypted" : "kith is in it";
}

/* Whom to tell what, so that they can. */
static void tell_blind(const struct door *d, const struct seat *s)
{
	const char *trust = config_text(d->section, "trust");
	g_auto(GStrv) all = NULL;

	if (!d->account || !s->inside || !s->encrypted || s->opaque)
		return;
	all = blind_list(d->db, d->section->name, s->id, d->account->user, d->account->device,
			 trust && !strcmp(trust, "any"));
	for (char **line = all; *line; line++)
		tell("", "cannot read it: %s", *line);
}

static void tell_rooms(const struct door *d)
{
	const char *what = "rooms";

	for (unsigned i = 0; i < d->seats->len; i++, what = "") {
		const struct seat *s = d->seats->pdata[i];

		/* Where an alias leads is told too, for whoever compares. */
		if (s->id && strcmp(s->id, s->place) != 0)
			tell(what, "%s, now %s (%s): %s", s->place, s->id, s->group->name,
			     state_of(d, s));
		else
			tell(what, "%s (%s): %s", s->place, s->group->name, state_of(d, s));
		tell_blind(d, s);
	}
	if (d->seats->len == 0)
		tell(what, "none in 'places' of any group");
}

static char *inviters(const struct door *d, const struct seat *s)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (unsigned i = 0; i < s->group->organizers->len; i++) {
		const struct config_address *a = s->group->organizers->pdata[i];
		if (g_str_equal(a->network, d->section->name))
			g_string_append_printf(list, "%s%s", list->len ? " or " : "", a->name);
	}
	return list->len ? g_strdup_printf("as %s", list->str)
			 : g_strdup_printf("as an organizer; first name one in 'organizers', as "
					   "%s/@NAME:SERVER",
					   d->section->name);
}

static void tell_what_next(const struct door *d, bool signed_in)
{
	const char *what = "next";

	if (!signed_in) {
		tell(what, "sign in: kith matrix login %s", d->section->name);
		if (config_text(d->section, "password-file") ||
		    config_text(d->section, "token-file"))
			tell("", "or kith run, which signs in by itself");
		return;
	}
	for (unsigned i = 0; d->rooms_known && i < d->seats->len; i++) {
		const struct seat *s = d->seats->pdata[i];
		g_autofree char *who = inviters(d, s);
		if (s->inside && !s->opaque)
			continue;
		if (s->inside)
			tell(what, "make another room, and name it in 'places' instead of %s",
			     s->place);
		else
			tell(what, "invite %s to %s, %s", d->account->user, s->place, who);
		what = "";
	}
	tell(what, "kith run, which also goes into rooms that it was invited to or that anybody "
		   "may join");
}

static void tell_keys(const struct door *d)
{
	if (!d->account || !d->keys)
		return;
	g_autofree char *identity = enrol_identity(d->keys, d->account);
	g_autofree char *keys = enrol_device(d->keys, d->account);
	g_autofree char *trust = enrol_trust(d->keys, d->account);
	tell("identity", "%s", identity);
	tell("keys", "%s", keys);
	tell("trust", "%s", trust);
}

static void show(const struct door *d, const char *state)
{
	const char *store = d->config->store_path;
	g_autofree char *key = seal_path(d->section, store);
	bool made = config_text(d->section, "key-file") || access(key, F_OK) == 0;
	const struct account *a = d->account;

	printf("%s: %s\n", d->section->name, state);
	if (a) {
		tell("homeserver", "%s", a->homeserver);
		tell("user", "%s", a->user);
		tell("device", "%s, called '%s'", *a->device ? a->device : "not told by the server",
		     config_text(d->section, "device-name"));
		tell("token", "%s",
		     a->refresh_token   ? "refreshed by kith before it ends"
		     : a->expires_at_us ? "ends by itself; then kith signs in again"
					: "lasts until somebody takes it back");
	} else {
		tell("user", "%s", config_text(d->section, "user"));
	}
	tell("store", "%s", store);
	tell("key", "%s%s", key, made ? "" : ", made when kith signs in");
	tell("", "it opens what the store keeps of the session: have a copy of it, apart from the "
		 "store's");
	tell_keys(d);
	tell_rooms(d);
	tell_what_next(d, a);
}

/*
 * Which rooms it is in
 */

static void seat_free(void *data)
{
	struct seat *s = data;

	g_free(s->id);
	g_free(s);
}

static void find_seats(struct door *d)
{
	for (unsigned i = 0; i < d->config->groups->len; i++) {
		const struct config_group *group = d->config->groups->pdata[i];
		for (unsigned j = 0; j < group->places->len; j++) {
			const struct config_address *a = group->places->pdata[j];
			if (!g_str_equal(a->network, d->section->name))
				continue;
			struct seat *s = g_new0(struct seat, 1);
			s->group = group;
			s->place = a->name;
			g_ptr_array_add(d->seats, s);
		}
	}
}

/* What kith found out already, an upgrade's new room among it. */
static void recall_seats(struct door *d)
{
	for (unsigned i = 0; i < d->seats->len; i++) {
		struct seat *s = d->seats->pdata[i];
		s->id = db_text(d->db,
				"SELECT room FROM matrix_room WHERE network = ? AND place = ?",
				"tt", d->section->name, s->place);
		if (!s->id && *s->place == '!')
			s->id = g_strdup(s->place);
		g_autofree char *content =
			s->id ? db_text(d->db,
					"SELECT content FROM matrix_state WHERE network = ? AND "
					"room = ? AND type = 'm.room.encryption'",
					"tt", d->section->name, s->id)
			      : NULL;
		s->encrypted = content != NULL;
		s->opaque = content && !strstr(content, "\"m.megolm.v1.aes-sha2\"");
	}
}

static void ask(struct door *d, const char *method, const char *path,
		void (*answered)(void *data, const struct http_answer *a))
{
	g_autofree char *url = g_strconcat(d->account->homeserver, "/_matrix/client/", path, NULL);
	char *bearer = g_strconcat("Bearer ", d->account->token, NULL);
	const struct http_request request = {
		.method = method,
		.url = url,
		.authorization = bearer,
		.within_us = ANSWER_US,
		.bytes_most = ANSWER_BYTES_MOST,
	};

	http_send(d->http, &request, answered, d);
	config_secret_free(bearer);
}

static void keys_told(void *data)
{
	struct door *d = data;

	loop_quit(d->loop);
}

static void left(void *data, const struct http_answer *a)
{
}

/* CS API: POST /logout. Whether it went well is not waited for. */
static void leave(struct door *d)
{
	ask(d, "POST", "v3/logout", left);
}

static void rooms_told(void *data, const struct http_answer *a)
{
	struct door *d = data;
	struct reply r = { 0 };

	if (!a->error)
		reply_read(a, &r);
	d->rooms_known = span_is_array(span_get(r.json, "joined_rooms"));
	for (struct span_each i = span_each(span_get(r.json, "joined_rooms")); span_next(&i);) {
		for (unsigned j = 0; j < d->seats->len; j++) {
			struct seat *s = d->seats->pdata[j];
			s->inside = s->inside || (s->id && span_says(i.value, s->id));
		}
	}
	reply_done(&r);
	enrol_look(d->keys, d->account, keys_told, d);
}

static void look_up(struct door *d);

static void alias_told(void *data, const struct http_answer *a)
{
	struct door *d = data;
	struct seat *s = d->seats->pdata[d->asked++];
	struct reply r = { 0 };

	if (!a->error) {
		reply_read(a, &r);
		s->id = span_text(span_get(r.json, "room_id"));
	}
	reply_done(&r);
	look_up(d);
}

/* Each alias that is not known, one after the other; then where kith is. */
static void look_up(struct door *d)
{
	while (d->asked < d->seats->len && ((struct seat *)d->seats->pdata[d->asked])->id)
		d->asked++;
	if (d->asked == d->seats->len) {
		ask(d, "GET", "v3/joined_rooms", rooms_told);
		return;
	}
	const struct seat *s = d->seats->pdata[d->asked];
	g_autofree char *alias = http_escape(s->place);
	g_autofree char *path = g_strconcat("v3/directory/room/", alias, NULL);
	ask(d, "GET", path, alias_told);
}

/* What kith knows of its device's keys. */
static void open_keys(struct door *d)
{
	const struct enrol_ground ground = { .loop = d->loop,
					     .http = d->http,
					     .db = d->db,
					     .seal = d->seal,
					     .section = d->section };

	d->keys = enrol_new(&ground);
}

/*
 * kith matrix login
 */

static void begin_login(struct door *d, const char *token);

/* The server has keys for this device that the store does not have: whoever has sessions with them
 * is lost to it. Its session ends, so that nobody speaks to it any more. */
static void move(struct door *d)
{
	d->moved = true;
	leave(d);
	account_free(g_steal_pointer(&d->account));
	db_begin(d->db);
	device_id_discard(d->db, d->section);
	db_end(d->db);
	begin_login(d, NULL);
}

static void keys_put(void *data, int error, const char *why)
{
	struct door *d = data;

	/* Its token may have been renewed meanwhile. */
	account_free(g_steal_pointer(&d->account));
	account_load(d->db, d->seal, d->section->name, &d->account);
	if (error == -ESTALE && d->password && !d->moved && d->account) {
		move(d);
		return;
	}
	if (error)
		d->status = complain(d, status_of(error), why);
	if (d->account)
		look_up(d);
	else
		loop_quit(d->loop);
}

static void signed_in(void *data, int error, struct account *a, const char *why, int64_t again_us)
{
	struct door *d = data;
	const char *fault = error ? NULL : device_id_fault(d->db, d->section, a->device);

	if (error || fault) {
		d->status = complain(d, fault ? EX_NOPERM : status_of(error), fault ? fault : why);
		account_free(a);
		loop_quit(d->loop);
		return;
	}
	d->account = a;
	db_begin(d->db);
	account_save(d->db, d->seal, d->section->name, a);
	db_end(d->db);
	const struct enrol_wish wish = { .account = a,
					 .password = d->password,
					 .replace = d->replace };
	enrol_put(d->keys, &wish, keys_put, d);
}

/* From the configuration, else from whoever calls. */
static int get_secrets(struct door *d, char **password, char **token)
{
	g_autofree char *fault = NULL;
	const char *user = config_text(d->section, "user");
	g_autofree char *prompt = g_strdup_printf("Password of %s: ", user);
	int error = config_secret(d->section, "password-file", password, &fault);

	if (!error && !*password)
		error = config_secret(d->section, "token-file", token, &fault);
	if (error)
		return complain(d, EX_NOINPUT, fault);
	if (*password || *token)
		return 0;
	*password = main_ask_secret(prompt);
	return *password ? 0 : complain(d, EX_NOINPUT, "no password was given");
}

static void begin_login(struct door *d, const char *token)
{
	g_autofree char *device = device_id_next(d->db, d->section);
	const struct login_wish wish = { .section = d->section,
					 .password = d->password,
					 .token = token,
					 .device = device,
					 .clock = clock_real() };

	login_start(d->http, &wish, signed_in, d);
}

static int log_in(struct door *d)
{
	char *token = NULL;
	int status = get_secrets(d, &d->password, &token);

	if (status == 0)
		begin_login(d, token);
	config_secret_free(token);
	return status;
}

static int matrix_login(struct door *d)
{
	g_autofree char *fault = NULL;
	int error = db_open(d->config->store_path, &d->db, &fault);

	if (error)
		return complain(d, status_of(error), fault);
	error = seal_open(d->section, d->config->store_path, &d->seal, &fault);
	if (error)
		return complain(d, EX_CONFIG, fault);
	recall_seats(d);
	open_keys(d);
	d->status = log_in(d);
	if (d->status == 0)
		loop_run(d->loop);
	if (d->account)
		show(d, "signed in");
	return d->status;
}

/*
 * kith matrix status
 */

/* Nobody refreshed it since kith ran last. */
static bool renewable(const struct door *d)
{
	const struct account *a = d->account;
	const struct clock *clock = clock_real();

	return a->expires_at_us && a->expires_at_us <= clock->wall_us(clock) &&
	       (a->refresh_token || config_text(d->section, "password-file"));
}

static void whose(void *data, int error, struct account *a, const char *why, int64_t again_us)
{
	struct door *d = data;

	account_free(a);
	if (!error) {
		look_up(d);
		return;
	}
	if (error == -EACCES && renewable(d)) {
		d->ended = true;
		loop_quit(d->loop);
		return;
	}
	d->status = complain(d, status_of(error), why);
	loop_quit(d->loop);
}

static int load_account(struct door *d, char **ret_why)
{
	const char *store = d->config->store_path;
	g_autofree char *key = seal_path(d->section, store);
	int error = db_look(store, &d->db, ret_why);

	if (error == -ENOENT)
		g_clear_pointer(ret_why, g_free);
	if (error)
		return error;
	recall_seats(d);
	/* One that would have to be made opens nothing. */
	if (!config_text(d->section, "key-file") && access(key, F_OK) < 0)
		return -ENOENT;
	error = seal_open(d->section, store, &d->seal, ret_why);
	if (error)
		return error;
	error = account_load(d->db, d->seal, d->section->name, &d->account);
	if (error == -EKEYREJECTED)
		*ret_why = g_strdup_printf("what the store keeps of the session was locked with "
					   "another key than %s",
					   key);
	return error;
}

static int matrix_status(struct door *d)
{
	g_autofree char *why = NULL;
	int error = load_account(d, &why);

	if (error && why)
		return complain(d, error == -EPROTO ? EX_DATAERR : EX_CONFIG, why);
	if (error) {
		show(d, "not signed in");
		return EX_NOPERM;
	}
	open_keys(d);
	/* The session's own token is asked about, and nothing else: kith may be running. */
	const struct login_wish wish = { .section = d->section,
					 .token = d->account->token,
					 .homeserver = d->account->homeserver };
	login_start(d->http, &wish, whose, d);
	loop_run(d->loop);
	if (d->ended)
		show(d, "signed in; its token has ended, kith run gets another");
	else if (d->status == EX_NOPERM)
		show(d, "signed in no more");
	else
		show(d, d->status ? "signed in, when the server could be asked last" : "signed in");
	return d->status;
}

/*
 * Which
 */

/* The one of that name, or the only one: 0; else it has told what is wrong. */
static int find(const struct config *config, const char *name, const struct config_section **ret)
{
	const struct config_section *found = NULL;
	g_autoptr(GString) names = g_string_new(NULL);
	unsigned n = 0;

	for (unsigned i = 0; i < config->networks->len; i++) {
		const struct config_section *s = config->networks->pdata[i];
		if (!g_str_equal(s->kind, "matrix"))
			continue;
		g_string_append_printf(names, "%s%s", n++ ? ", " : "", s->name);
		if (!name || g_str_equal(name, s->name))
			found = s;
	}
	*ret = found;
	if (found && (name || n == 1))
		return 0;
	if (n == 0) {
		fprintf(stderr, "%s: no section [matrix NAME]; it needs one, with user\n",
			config->file);
		return EX_CONFIG;
	}
	if (name)
		fprintf(stderr, "%s: no [matrix %s]; there is: %s\n", config->file, name,
			names->str);
	else
		fprintf(stderr, "kith: which of them: %s? Name it behind login or status\n",
			names->str);
	return EX_USAGE;
}

static int visit(const struct config *config, const struct config_section *section, bool login,
		 bool replace)
{
	g_autofree char *folder = g_path_get_dirname(config->store_path);
	struct door d = { .config = config, .section = section, .replace = replace };
	const struct http_options options = { config_text(section, "proxy"), folder };
	int status;

	d.loop = loop_new();
	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_ERROR);
	d.seats = g_ptr_array_new_with_free_func(seat_free);
	find_seats(&d);
	if (http_new(d.loop, &options, &d.http) < 0)
		status = complain(&d, EX_CONFIG, "its proxy cannot be used");
	else
		status = login ? matrix_login(&d) : matrix_status(&d);
	enrol_free(d.keys);
	http_free(d.http);
	account_free(d.account);
	config_secret_free(d.password);
	seal_free(d.seal);
	db_close(d.db);
	g_ptr_array_unref(d.seats);
	loop_free(d.loop);
	return status;
}

int main_matrix(const struct options *o)
{
	bool login = g_str_equal(o->arguments[0], "login");
	const char *name = o->arguments[1];
	struct config *config;

	if ((!login && (o->replace || !g_str_equal(o->arguments[0], "status"))) ||
	    (name && o->arguments[2]))
		return main_wrong_usage();
	int status = main_load(main_config(o), &config);
	if (status)
		return status;
	const struct config_section *section;
	status = find(config, name, &section);
	if (status == 0)
		status = visit(config, section, login, o->replace);
	config_free(config);
	return status;
}
