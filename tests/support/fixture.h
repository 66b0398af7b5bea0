/*
 * The ground the tests of the bot's inside stand on: the real app, with its store in a folder of
 * its own and a clock that stands still, on networks that write down what they are told to say.
 * Needs no cmocka, so that fuzz targets can use it too.
 */
#ifndef KITH_TEST_FIXTURE_H
#define KITH_TEST_FIXTURE_H

#include "app/app.h"
#include "clock.h"
#include "config.h"
#include "event.h"
#include "post.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A post as it reached a network. */
struct fake_post {
	struct post post; /* every string of it owned */
	int64_t at_us;    /* when it was sent */
	bool confirmed;
};

/* A network: `struct transport_impl` like any other, of the kind "fake". */
struct fake {
	struct transport transport; /* first member */
	struct fixture *fixture;
	struct transport_env env;
	GPtrArray *posts;  /* of struct fake_post: every one it took */
	int answer;        /* what `send` returns: 0, or -errno and nothing is taken */
	char *answer_only; /* to this account or room alone; NULL: to all */
	bool answer_once;  /* and only the next time */
	int tries;         /* how often `send` was called */
	bool hold;         /* no word of arrival until fixture_confirm */
};

struct fixture {
	char *folder, *store;
	struct clock_virtual clock;
	struct config *config; /* it began with */
	const char *file;      /* what a reload reads; NULL: it cannot */
	const char *unopened;  /* a network that cannot be opened; NULL: all can */
	bool forgetful; /* the networks take a post again that they have had; set before a restart
			 */
	struct app *app;
	bool noting;      /* the networks write to the store that they are closed */
	GPtrArray *fakes; /* of struct fake, open ones, in the configuration's order; borrowed */
	GPtrArray *heard; /* of struct fake_post: of all networks, also those closed since */
	unsigned told;    /* up to here fixture_heard has told of them */
	struct circle circle;
	char *cause;
	unsigned causes;
};

/* What most tests need: Berlin, the organizer olga, the room #makers on libera, every default. */
extern const char fixture_config[];
/* Another network and a second group beside it. */
extern const char fixture_two_groups[];

/* Monday 2026-11-23 08:00 in Berlin, an hour before the first round opens; nobody has joined and
 * the networks are still connecting. Every network of `config` (a file's text) is a fake. */
void fixture_init(struct fixture *f, const char *config);
/* With the folder and all in it. */
void fixture_done(struct fixture *f);
/* The process ends and begins; the networks are connecting again. `config`: NULL for the same. */
void fixture_restart(struct fixture *f, const char *config);
/* The same, but the end comes as a kill would: nothing more is written. */
void fixture_kill(struct fixture *f);

/* The app reads its configuration again, from `config`, which must outlive that, and goes by it.
 * What reload_read returns; *ret_faults as there. */
int fixture_reload(struct fixture *f, const char *config, char **ret_faults);

/* "2026-11-23 09:00" in the group's zone; of an hour there twice, the first. */
int64_t fixture_time(const struct fixture *f, const char *text);
/* Sets the clock, nothing else. */
void fixture_set(struct fixture *f, const char *text);
/* What a loop would do: what is due and what waits, now. Returns when something is due next. */
int64_t fixture_run(struct fixture *f);
/* The same, through every moment at which something is due until then. */
void fixture_run_until(struct fixture *f, const char *text);

struct fake *fixture_fake(struct fixture *f, const char *network);
/* All networks. */
void fixture_state(struct fixture *f, enum transport_state state);
void fixture_fake_state(struct fake *fake, enum transport_state state);
/* Word of arrival, or (`error` < 0) of refusal, for all the network holds back. Returns how many.
 */
int fixture_confirm(struct fake *fake, int error);

/* An event: what of `e` is 0 is filled in (a new id, the first place, the clock's time). */
void fixture_event(struct fixture *f, struct event e);
/* The same, but nobody vouches for whoever it is from. */
void fixture_doubtful(struct fixture *f, struct event e);
/* An identified account says it in the first place's room, or to kith in private; then runs. The
 * message's id is returned, borrowed until the next. */
const char *fixture_say(struct fixture *f, const char *who, const char *text);
const char *fixture_whisper(struct fixture *f, const char *who, const char *text);

/* The words of what was said since the last call, "round.open note.told>ana": behind '>' the
 * account it was said to in private. g_free it. */
char *fixture_heard(struct fixture *f);
/* The last post with this word, NULL if there is none. */
const struct fake_post *fixture_post(struct fixture *f, const char *word);

/* The first group's circle at the clock's time, in a transaction until fixture_end. */
struct circle *fixture_begin(struct fixture *f);
void fixture_end(struct fixture *f);
/* A member, joined now. */
int64_t fixture_member(struct fixture *f, const char *name);

/* Looks at what is committed, through a connection of its own. `none` where there is no row. */
int64_t fixture_int(struct fixture *f, int64_t none, const char *sql);
/* NULL where there is no row; g_free it. */
char *fixture_text(struct fixture *f, const char *sql);
/* Whether the bytes stand in the store's file or in its log. */
bool fixture_on_disk(const struct fixture *f, const char *bytes);

/* For cmocka: `*state` is a fixture with fixture_config, its networks online. */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);
/* For where cmocka is included too. */
#define assert_heard(f, want)                              \
	do {                                               \
		g_autofree char *heard = fixture_heard(f); \
		assert_string_equal(heard, want);          \
	} while (0)

#endif
