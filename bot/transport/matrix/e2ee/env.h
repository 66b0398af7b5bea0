/* What the parts of end-to-end encryption stand on. All of it is borrowed, and outlives them. */
#ifndef KITH_MATRIX_E2EE_ENV_H
#define KITH_MATRIX_E2EE_ENV_H

#include <stdbool.h>
#include <stdint.h>

struct api;
struct clock;
struct crypto_pickle_key;
struct db;
struct loop;

struct e2ee_env {
	struct loop *loop;
	const struct clock *clock;
	struct db *db;
	struct api *api;
	const char *network;                 /* as the log and the store call it */
	const char *user, *device;           /* kith's own */
	const struct crypto_pickle_key *key; /* NULL: e2ee_open has it of the seal */
	bool any_device; /* [matrix] trust = any: devices that their owner has not signed count too
			  */
};

#endif
