#include "transport/matrix/goal.h"

#include "post.h"
#include "transport/matrix/direct.h"
#include "transport/matrix/matrix.h"
#include "transport/matrix/rooms.h"

#include <errno.h>
#include <string.h>

static bool is_place(const struct matrix *m, const char *room)
{
	return m->env.rooms && g_strv_contains(m->env.rooms, room);
}

static int find_place(const struct matrix *m, const char *place, const char *markup,
		      struct goal *ret)
{
	const struct matrix_room *room = matrix_rooms_at(m->rooms, place);

	if (!room || !room->inside)
		return is_place(m, place) ? -EAGAIN : -ENXIO;
	*ret = (struct goal){
		.target = room->id, .room = room->id, .answers = true, .markup = markup
	};
	if (matrix_room_is_opaque(room))
		return -EPROTONOSUPPORT;
	/* It may be encrypted. */
	return room->complete ? 0 : -EAGAIN;
}

/* CS API: User Identifiers; whatever else is wrong with it the server says. */
static bool is_user(const char *id)
{
	return id && *id == '@' && strchr(id, ':') && g_utf8_validate(id, -1, NULL);
}

static int find_else(const struct matrix *m, const struct post *p, struct goal *ret)
{
	return find_place(m, p->room_else, p->markup_else ? p->markup_else : p->markup, ret);
}

static int find_other(const struct matrix *m, struct direct *d, const struct post *p,
		      struct goal *ret)
{
	switch (direct_opening(d, p->account)) {
	case DIRECT_MAY_OPEN:
		if (p->opens)
			return 0;
		break;
	case DIRECT_OPENING:
		return -EAGAIN;
	case DIRECT_CLOSED:
		break;
	}
	return p->room_else ? find_else(m, p, ret) : -ENOENT;
}

/* What it answers may have been said anywhere. */
static int find_person(const struct matrix *m, struct direct *d, const struct post *p,
		       struct goal *ret)
{
	if (!is_user(p->account) || !strcmp(p->account, m->user))
		return -EINVAL;

	const char *said_in = p->reply_to ? direct_said_in(d, p->account, p->reply_to) : NULL;
	const char *room = said_in ? said_in : direct_room(d, p->account);

	*ret = (struct goal){ p->account, room, true, said_in, p->markup };
	if (!room)
		return find_other(m, d, p, ret);
	int error = direct_look(d, p->account, room);
	/* What cannot be used is no way to them. */
	return error == -EPROTONOSUPPORT && p->room_else ? find_else(m, p, ret) : error;
}

int goal_find(const struct matrix *m, struct direct *d, const struct post *p, struct goal *ret)
{
	return p->room ? find_place(m, p->room, p->markup, ret) : find_person(m, d, p, ret);
}
