/* Where a post is to be said. */
#ifndef KITH_MATRIX_GOAL_H
#define KITH_MATRIX_GOAL_H

#include <stdbool.h>

struct direct;
struct matrix;
struct matrix_room;
struct post;

struct goal {
	const char *target; /* a room's id; of who is spoken to alone, theirs */
	const char *room;   /* NULL: a direct room, which may be opened */
	bool direct;        /* said to `target` alone */
	bool answers;       /* what the post answers was said there */
	const char *markup; /* what is said there */
};

/* All in it is borrowed, only for now. 0; -EAGAIN: not now; -ENOENT: there is no way to them now;
 * -EPROTONOSUPPORT: ret->room is encrypted in a way that kith does not know; -EINVAL, -ENXIO:
 * never.
 */
int goal_find(const struct matrix *m, struct direct *d, const struct post *p, struct goal *ret);

#endif
