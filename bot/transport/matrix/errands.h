/*
 * What kith has to get done with the homeserver some time: each errand asks until it has what it
 * wants, with a pause that grows from a minute to an hour; a few are under way at a time.
 */
#ifndef KITH_MATRIX_ERRANDS_H
#define KITH_MATRIX_ERRANDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct api;
struct api_answer;
struct api_call;
struct clock;
struct errand;
struct errands;
struct loop;

enum { ERRANDS_UNDER_WAY_MOST = 4 };

struct errand_kind {
	const char *name;
	/* It is due: asks, puts itself off, or is over. From the loop, never in a transaction. */
	void (*run)(struct errand *e);
	void (*drop)(struct errand *e); /* what is the kind's own, and `e` itself */
};

/* First member of every kind's own struct. */
struct errand {
	struct errands *all;
	const struct errand_kind *kind;
	char *about;     /* one of its kind */
	unsigned rank;   /* the lower go first */
	bool raw;        /* what it asks for is no object, or long: it checks that itself */
	int64_t due_us;  /* by the monotonic clock; -1: it waits for somebody */
	int64_t wait_us; /* the next pause */
	char *said;      /* why it did not go well the last time, as logged */
	struct api_call *call;
	void (*done)(struct errand *e, const struct api_answer *a);
};

struct errands *errands_new(struct loop *l, const struct clock *clock, struct api *api);
/* Other pauses than from a minute to an hour. */
void errands_set_pauses(struct errands *all, int64_t first_us, int64_t most_us);
/* Frees the errands, and forgets what is under way. NULL is fine. */
void errands_free(struct errands *all);
struct errand *errands_find(const struct errands *all, const struct errand_kind *kind,
			    const char *about);
/* For all of a kind; `each` may end the one it is handed. */
void errands_each(const struct errands *all, const struct errand_kind *kind,
		  void (*each)(struct errand *e, void *data), void *data);

/* `e` is all 0 but for what is the kind's own. It is due at once. */
void errand_add(struct errands *all, struct errand *e, const struct errand_kind *kind,
		const char *about);
/* Negative: not until this is said again. An errand that is under way goes on, and is due after. */
void errand_put_off(struct errand *e, int64_t after_us);
/* It did not work: again after the next pause. */
void errand_retry(struct errand *e);
/* It went well, so that pauses begin anew and what is said next is news. */
void errand_well(struct errand *e);
/* Whether this is not what was said last; then it is now. */
bool errand_is_news(struct errand *e, const char *what);
/* POST (`body` is taken over) or GET (it is NULL); each try may take `answer_us`, 0: as api has
 * it. `done` may free `e`. */
void errand_ask(struct errand *e, const char *path, json_t *body, int64_t answer_us,
		void (*done)(struct errand *e, const struct api_answer *a));
/* Frees it. */
void errand_over(struct errand *e);

#endif
