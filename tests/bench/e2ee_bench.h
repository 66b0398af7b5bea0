/* What both directions of bench_e2ee stand on. */
#ifndef KITH_BENCH_E2EE_BENCH_H
#define KITH_BENCH_E2EE_BENCH_H

#include "store/db.h"
#include "transport/matrix/e2ee/env.h"

#include <stddef.h>
#include <stdint.h>

enum { SESSIONS = 20, MESSAGES = 100, EVENTS = SESSIONS * MESSAGES, WAYS = 3 };

#define KITH "@kith:example.org"

/* Each way does it to the same events, and keeps of each session what its messages took if that was
 * never less. The library's alone comes first, all that kith does last. */
struct direction {
	const char *middle;          /* what the way between them is called */
	void (*begin)(size_t bytes); /* each payload has so many */
	void (*end)(void);
	void (*ways[WAYS])(const char *folder, int64_t *least_us);
};
extern const struct direction e2ee_receiving, e2ee_sending;

int64_t bench_now_us(void);

/* A real store in that folder, fresh. */
struct bench_store {
	char *path;
	struct db *db;
	struct loop *loop;
	struct e2ee_env env;
};
void bench_store_open(struct bench_store *s, const char *folder);
void bench_store_close(struct bench_store *s);

#endif
