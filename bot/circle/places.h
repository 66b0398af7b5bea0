/* The group's rooms as kith knows them: since when, and so whether the guard speaks there. */
#ifndef KITH_PLACES_H
#define KITH_PLACES_H

#include "circle.h"

/* Remembers each of the group's places from its first start on; one that goes on from another is no
 * newer than that. */
void places_seen(struct circle *c);
/* Whether kith has only now come to the first of the group's places: nothing said there is lost on
 * it. Before places_seen. */
bool places_all_new(struct circle *c);

/* Until when kith listened in a place: its last event, by the network's clock, and when it stopped
 * in good order (0: it runs, or was killed). */
struct places_heard {
	int64_t heard_us;
	int64_t stopped_us;
};
struct places_heard places_heard(struct db *db, const char *network, const char *room);
void places_set_heard(struct db *db, const char *network, const char *room,
		      const struct places_heard *heard);

/* Whether this may be told of the place again, and notes that it is told now: that something was
 * missed there, at most once an hour; that kith was put out, or may not speak there, every six. */
bool places_tell_missed(struct circle *c, const char *network, const char *room);
bool places_tell_ejected(struct circle *c, const char *network, const char *room);
bool places_tell_muted(struct circle *c, const char *network, const char *room);
/* The place goes on in the room `to`, which the configuration may name from now on. */
void places_moved(struct circle *c, const char *network, const char *room, const char *to);

/* The guard's mode in a room (NULL: in all, unless some are new): as an organizer set it, else as
 * configured, a new place being observed for its first seven days unless the file says otherwise.
 */
enum config_pitch_mode places_mode(struct circle *c, const char *network, const char *room);
void places_set_mode(struct circle *c, enum config_pitch_mode mode);
/* "gentle", "observe", "off". Static. */
const char *places_mode_name(enum config_pitch_mode mode);

#endif
