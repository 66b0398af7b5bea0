/*
 * The bot as a whole: the store, the groups, the transports, and the three who work on them:
 * dispatch (an event in), schedule (what is due) and deliver (what is to be said). Everything
 * happens in one thread, one event or one step at a time, each in one transaction.
 */
#ifndef KITH_APP_H
#define KITH_APP_H

#include "circle.h"
#include "transport.h"

#include <glib.h>

struct clock;
struct loop;
struct loop_timer;
struct guard;
struct reload;

struct app_options {
	const struct config *config; /* borrowed */
	const char *store;           /* a file's path */
	const struct clock *clock;
	struct loop *loop;
	const struct transport_impl *const *transports; /* NULL-terminated: what is built in */
	void *context;                                  /* for the transports' env */
	/* Reads the configuration again, as config_load would; NULL: there is none to read again.
	 */
	int (*load)(void *data, struct config **ret, char **ret_faults);
	/* A network's state is another, or the configuration: for looking, from inside the app; may
	 * be NULL. */
	void (*changed)(void *data);
	void *data; /* of both */
};

/* A group and what of it is only in memory. */
struct app_group {
	const struct config_group *config;
	struct words *words;
	int64_t id;
	struct guard *guard;
	GHashTable *speakers; /* folded shown name -> struct config_address: who `vouch` can mean */
};

/* A room, and until when kith has listened there. */
struct app_ear {
	const char *room; /* borrowed */
	int64_t heard_us; /* the last event, by the network's clock; 0: never */
	bool moved;       /* since it was written */
	/* As the store had it at the start. */
	int64_t first_us;
	int64_t stopped_us; /* 0: kith was killed, and may have listened for longer */
};

/* A transport and how it stands. */
struct app_link {
	struct app *app;
	char *network;            /* the configured name */
	struct transport_env env; /* outlives the transport */
	struct transport *transport;
	enum transport_state state;
	GArray *ears;      /* of struct app_ear, one for each of env.rooms */
	char *refusal;     /* of env */
	char *fingerprint; /* of all it was opened with */
};

/* Where a process can be killed so that it matters; the sandbox asks for it (`!crash`). */
enum app_point {
	APP_NOWHERE,
	APP_BEFORE_COMMIT,
	APP_AFTER_COMMIT,
	APP_AFTER_SEND,
};

struct app {
	struct app_options options;
	struct config *loaded; /* what options.config is since a reload; NULL: still the first */
	struct reload *reload; /* read, and not yet in force; NULL: none */
	struct db *db;
	struct outbox *outbox;
	struct app_group *groups; /* one for each of config->groups */
	unsigned n_groups;
	GPtrArray *links; /* of struct app_link */
	struct loop_timer *timer;
	int64_t flush_us;  /* when delivery marks are written at the latest; INT64_MAX: none wait */
	int64_t ears_us;   /* when what was heard is written at the latest; INT64_MAX: it is */
	int64_t step_us;   /* before this no step is due, as far as is known; 0: nothing is */
	bool moved;        /* since then something was committed, so the domain is to be asked */
	int64_t chores_us; /* when what is too old is next looked for */
	enum app_point crash_at;
	bool working; /* an event's or a step's own commit, which a crash point counts */
	bool marking; /* a commit of nothing but what has been delivered */
	bool crashed; /* dead: nothing is written or said any more */
};

/* Opens the store and the transports. 0, or -errno with a message for a person. */
int app_open(const struct app_options *options, struct app **ret, char **ret_error);
/* Whether no network has a post that it has not confirmed yet. */
bool app_settled(const struct app *app);
/* Writes what waits and says goodbye; a crashed app only frees itself. NULL is fine. */
void app_close(struct app *app);

/* Does what is due, says what waits, and returns when something is due next (INT64_MAX: never). In
 * a loop (options.loop) the app does this by itself. */
int64_t app_run_due(struct app *app, int64_t now_us);

/* The moment as the domain sees it. `at_us` is when it happened, `cause` what it comes from. */
struct circle app_circle(struct app *app, struct app_group *group, int64_t at_us,
			 const char *cause);
int64_t app_now(const struct app *app);

/* Around the work of one event or step: the posts made in between are committed with it, or not at
 * all. False if it was rolled back. */
void app_begin(struct app *app);
bool app_commit(struct app *app);
/* Writes at once what has been delivered. */
void app_flush(struct app *app);

/* The process "dies" at the next such point; at once for APP_NOWHERE. */
void app_crash_at(struct app *app, enum app_point point);

/* A joined member without ceremony, for the sandbox. */
void app_seed_member(struct app *app, const char *network, const char *name);

/* For a (re)start with `config`: what is needed of a group besides the store, 0 or -errno; then,
 * once it is the app's, what the store has of it. A guard and speakers that it has are kept. */
int app_group_read(struct app_group *group, const struct config *config,
		   const struct config_group *own, char **ret_error);
void app_group_enter(struct app *app, struct app_group *group);
void app_group_done(struct app_group *group);
/* Likewise a network's: opened, but none of the app's yet. */
int app_link_open(struct app *app, const struct config *config,
		  const struct config_section *section, struct app_link **ret, char **ret_error);
void app_link_free(void *link);
/* Another text when it would be opened in another way. g_free it. */
char *app_link_fingerprint(const struct config *config, const struct config_section *section);

struct app_link *app_link_by_name(struct app *app, const char *network);

#endif
