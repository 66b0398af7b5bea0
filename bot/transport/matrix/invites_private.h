/* What invites.c (who asks kith in), invites_places.c (where it goes by itself), invites_follow.c
 * (after rooms that move) and invites_leave.c (where nobody else is left) share. */
#ifndef KITH_MATRIX_INVITES_PRIVATE_H
#define KITH_MATRIX_INVITES_PRIVATE_H

#include "transport/matrix/errands.h"
#include "transport/matrix/invites.h"
#include "transport/matrix/matrix.h"

#include <glib.h>

/* How long a homeserver may take to join a room that lives on others. */
#define JOIN_ANSWER_US INT64_C(180000000)

/* The order in which they are run. */
enum { RANK_STATE, RANK_FOLLOW, RANK_PLACE, RANK_ACCEPT, RANK_REFUSE };

/* What would be long for a test. */
struct invites_times {
	int64_t put_out_us;    /* before kith comes back by itself */
	int64_t joined_us;     /* in which /sync tells of a room that kith has joined */
	int64_t look_again_us; /* between two looks at an alias because of anybody's invitations */
	int64_t late_us;       /* for which an organizer's invitation waits for such a look */
};

struct invites {
	struct matrix *m;
	struct errands *errands;
	struct invites_times times;
	unsigned waiting[3]; /* invitations, by their answer */
	/* Since then so many refusals were told to the app, and so many left untold or invitations
	 * unanswered. */
	int64_t counted_since_us;
	unsigned told, untold;
};

/* invites.c */
/* Every alias has been looked up once: invitations that waited for that are decided. */
void invites_decide(struct invites *i);

/* invites_places.c */
void invites_places_new(struct invites *i);
/* Whether it is not known yet which rooms some of the places are. */
bool invites_places_unknown(const struct invites *i);
/* Somebody asks kith into a room: aliases that stood for none may stand for that one by now. They
 * are looked up again, unless it is less than `least_us` since that was done; until then they
 * are unknown. */
void invites_places_ask_again(struct invites *i, int64_t least_us);
/* Whether `room` is the place that kith is to be in. */
bool invites_wants(const struct invites *i, const char *room);
/* The path of a join; `servers` know the room. g_free it. */
char *invites_join_path(const char *room, const char *const *servers);
/* The server of a user's or room's id; NULL: it has none. Borrowed from `id`. */
const char *invites_server_of(const char *id);
/* What makes one refusal of the homeserver another than the last. g_free it. */
char *invites_reason(const struct api_answer *a);
/* What to do about a join that was refused. g_free it. */
char *invites_advice(const struct invites *i, int status);

/* invites_follow.c */
void invites_follow_new(struct invites *i);

#endif
