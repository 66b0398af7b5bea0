/* Direct rooms that the other one has left: they cannot come back there, so kith goes as well; else
 * it would be in ever more of them, and soon take no invitation of theirs any more. */
#include "net/http.h"
#include "transport/matrix/api.h"
#include "transport/matrix/invites_private.h"
#include "transport/matrix/rooms.h"

struct leaving {
	struct errand e; /* first member; about: the room */
	struct matrix *m;
};

static void leaving_free(struct errand *e)
{
	g_free(e);
}

static bool is_abandoned(const struct matrix_room *room)
{
	return room->inside && room->direct && room->left && g_hash_table_size(room->members) == 1;
}

/* /sync tells that kith is out. */
static void left(struct errand *e, const struct api_answer *a)
{
	if (a->error && (a->status < 400 || a->status >= 500 || a->status == 429))
		errand_retry(e);
	else
		errand_over(e);
}

static void run(struct errand *e)
{
	const struct matrix *m = ((struct leaving *)e)->m;
	const struct matrix_room *room = matrix_rooms_find(m->rooms, e->about);

	if (!room || !is_abandoned(room)) {
		errand_over(e);
		return;
	}
	g_autofree char *id = http_escape(e->about);
	g_autofree char *path = g_strdup_printf("v3/rooms/%s/leave", id);
	errand_ask(e, path, json_object(), 0, left);
}

static const struct errand_kind leaving_kind = { "leave", run, leaving_free };

void invites_abandoned(struct invites *i, const struct matrix_room *room)
{
	if (i->m->env.trial || !is_abandoned(room) ||
	    errands_find(i->errands, &leaving_kind, room->id))
		return;
	struct leaving *l = g_new0(struct leaving, 1);
	l->m = i->m;
	l->e.rank = RANK_REFUSE;
	errand_add(i->errands, &l->e, &leaving_kind, room->id);
}
