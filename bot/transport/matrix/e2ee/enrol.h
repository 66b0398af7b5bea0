/* The keys of kith's device, and whose they are, as `kith matrix login` and `kith matrix status`
 * put them there and tell of them: without a room, and without a sync. */
#ifndef KITH_MATRIX_E2EE_ENROL_H
#define KITH_MATRIX_E2EE_ENROL_H

#include <stdbool.h>

struct account;
struct config_section;
struct db;
struct http;
struct loop;
struct enrol;
struct seal;

/* All of it is borrowed. */
struct enrol_ground {
	struct loop *loop;
	struct http *http;
	struct db *db;
	const struct seal *seal;
	const struct config_section *section;
};

struct enrol *enrol_new(const struct enrol_ground *ground);
void enrol_free(struct enrol *k);

struct enrol_wish {
	const struct account *account; /* signed in, in the store */
	const char *password;          /* NULL: there is none */
	bool replace;                  /* as crosssign_wish has it */
};
/* Puts the device's keys on the homeserver and has its owner sign it. `done` comes once, from the
 * loop, with `why` for people: 0; -ESTALE: this device is another kith's, or the store a copy: sign
 * in as another one; -EEXIST, -EACCES, -EAGAIN: as crosssign_start; the keys are there then, or
 * will be once kith runs. */
void enrol_put(struct enrol *k, const struct enrol_wish *wish,
	       void (*done)(void *data, int error, const char *why), void *data);

/* Asks the homeserver how they stand, and changes nothing. `done` comes once, from the loop. */
void enrol_look(struct enrol *k, const struct account *account, void (*done)(void *data),
		void *data);

/* For people, by what enrol_look found, or the store alone without it. g_free each. */
char *enrol_identity(const struct enrol *k, const struct account *account);
char *enrol_device(const struct enrol *k, const struct account *account);
char *enrol_trust(const struct enrol *k, const struct account *account);

#endif
