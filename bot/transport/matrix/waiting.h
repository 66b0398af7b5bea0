/*
 * Events that have to wait, and holes in timelines (CS API: /sync "limited", /messages). What is
 * missing is asked for backwards, page by page; what the room said meanwhile waits as rows behind
 * it, so that all of it is handled in the order it was said, once, whatever happens in between.
 */
#ifndef KITH_MATRIX_WAITING_H
#define KITH_MATRIX_WAITING_H

#include "transport/matrix/span.h"

#include <stdbool.h>
#include <stdint.h>

struct api;
struct db;
struct waiting;

/* More than this is not asked for: what is older counts as missed. */
enum { WAITING_EVENTS_MOST = 2000, WAITING_PAGE = 100 };

struct waiting_callbacks {
	/* One event whose turn it is, from inside a transaction of its own kind: the listener opens
	 * the savepoint. */
	void (*event)(void *data, const char *room, struct span event, bool backlog);
	/* The hole is older than what is asked for: kith could not hear from `from_us` on. Before
	 * the first event. */
	void (*missed)(void *data, const char *room, int64_t from_us);
	/* Nothing waits any more in that room. After the commit; not where a sync itself made an
	 * end of it, in waiting_gap, waiting_add or waiting_drop. */
	void (*over)(void *data, const char *room);
};

/* What waits in the store goes on as soon as waiting_resume is called. */
struct waiting *waiting_new(struct db *db, const char *network,
			    const struct waiting_callbacks *callbacks, void *data);
void waiting_free(struct waiting *w);
/* A connection is there (or another one): asks on. `now_us` as everywhere. */
void waiting_resume(struct waiting *w, struct api *api, int64_t now_us);

/* Whether events of that room have to wait behind others. */
bool waiting_holds(const struct waiting *w, const char *room);
/* All in a transaction. A hole before what is said next: from `token` (prev_batch) back to `until`
 * (the since of that sync). A second one before the first is filled makes one hole of both. */
void waiting_gap(struct waiting *w, const char *room, const char *token, const char *until,
		 int64_t from_us, int64_t now_us);
/* The next event of that room, to come after what waits already. */
void waiting_add(struct waiting *w, const char *room, struct span event, bool backlog,
		 int64_t now_us);
/* Kith has left it: nothing of it waits any more. */
void waiting_drop(struct waiting *w, const char *room);

#endif
