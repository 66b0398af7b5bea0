/* What the parts of sessions share: its rows, what is read in them, how they are begun. */
#ifndef KITH_MATRIX_E2EE_SESSIONS_PRIVATE_H
#define KITH_MATRIX_E2EE_SESSIONS_PRIVATE_H

#include "transport/matrix/e2ee/sessions.h"

struct api_call;
struct crypto_session;
struct loop_timer;

#define SESSIONS_OLM "m.olm.v1.curve25519-aes-sha2"

struct sessions {
	struct e2ee_env env;
	struct own *own;
	struct devices *devices;
	struct outgoing *outgoing;
	bool started;
	/* Claims. */
	struct loop_timer *timer;
	struct api_call *call;
	GHashTable *asked; /* what is under way: name -> struct asked */
	GQueue callers;    /* of struct caller */
};

/* Of whom a session is: who counts for little cannot push out who counts. */
enum sessions_known { SESSIONS_STRANGER, SESSIONS_FOLLOWED, SESSIONS_LISTED };

/* A session out of the store. */
struct sessions_row {
	struct crypto_session *session;
	char *ed25519;
	char *heard;
};
void sessions_row_free(void *row);
/* Those with that key of that user, of struct sessions_row, the one to speak in first. What cannot
 * be read any more is left out. g_ptr_array_unref it. */
GPtrArray *sessions_rows(struct sessions *s, const char *user, const char *curve25519);
/* It has brought something, or is new: the one to speak in from now on. In a transaction. */
void sessions_keep(struct sessions *s, const char *user, const char *curve25519,
		   const struct sessions_row *row, enum sessions_known known);

/* A session with that device failed: another one is begun, if that was not done lately, and if it
 * is known. In a transaction. */
void sessions_replace(struct sessions *s, const char *user, const char *curve25519);
/* What is to be asked is asked soon, from the loop. */
void sessions_look(struct sessions *s);
void sessions_claim_init(struct sessions *s);
void sessions_claim_done(struct sessions *s);

#endif
