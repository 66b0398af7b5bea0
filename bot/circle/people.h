/* People, their doors (handles) and their membership of the group. */
#ifndef KITH_PEOPLE_H
#define KITH_PEOPLE_H

#include "circle.h"

/* A person nobody knows yet, with this door. */
int64_t people_add(struct circle *c, const char *network, const char *account);
/* An account as accounts are compared: folded, but for the ids of Matrix, of which two that differ
 * in anything are two people's. g_free it. */
char *people_account_key(const char *account);
/* The person behind a handle, 0 if kith does not know them. */
int64_t people_by_handle(struct db *db, const char *network, const char *account);
bool people_is_organizer(const struct config_group *group, const char *network,
			 const char *account);
/* Remembers the door this person last came through; writes only when it changed. */
void people_used_door(struct circle *c, int64_t person, const char *network, const char *account);
/* That door. False if the person is gone; g_free both. */
bool people_door(struct db *db, int64_t person, char **ret_network, char **ret_account);
/* An organizer's person, 0 if they never joined. */
int64_t people_of_address(struct db *db, const struct config_address *address);

bool people_joined(struct circle *c, int64_t person);
/* Of any group. */
bool people_joined_any(struct db *db, int64_t person);
/* Joined, or left and not forgotten yet. */
bool people_remembered(struct circle *c, int64_t person);
/* What the group calls this person: their member's name, or the catalogue's "a former member" for
 * 0 or somebody forgotten. g_free it. */
char *people_name(struct circle *c, int64_t person);
char *people_intro(struct circle *c, int64_t person);
/* `wanted` made clean, short and unique in the group, where `person` is to bear it; g_free it. */
char *people_unique_name(struct circle *c, const char *wanted, int64_t person);

/* Joins the group, or comes back to it, or (already joined) changes name and introduction. `name`
 * is made unique in the group by a suffix; NULL keeps the one they have, else uses `shown`. Returns
 * the person; *ret_new tells whether they joined just now. */
int64_t people_join(struct circle *c, const struct event *e, const char *name, const char *intro,
		    bool *ret_new);
/* Leaves the group; what they gave it stays, until retention or `forget me`. */
void people_leave(struct circle *c, int64_t person);

/* The member, present or former, whose name starts `text`: the longest at a word boundary. Returns
 * 0 if there is none; *ret_rest is what follows the name, without a leading comma or colon. */
int64_t people_match(struct circle *c, const char *text, const char **ret_rest);
/* Likewise for a whole text. */
int64_t people_named(struct circle *c, const char *name);

/* Joined people in joining order; int64_t elements; g_array_unref it. */
GArray *people_members(struct circle *c);

/* The zone a person's times are in: theirs, else the group's. The name is borrowed from the zone's
 * owner until the next call; unref the zone. */
GTimeZone *people_zone(struct circle *c, int64_t person, char **ret_name);
/* -EINVAL: no such IANA zone. */
int people_set_zone(struct circle *c, int64_t person, const char *name);
bool people_reminded(struct circle *c, int64_t person);
void people_set_reminded(struct circle *c, int64_t person, bool on);
/* Whether the owner of that device (NULL: who knows which) may be told about it: at most once a
 * week; then they were. */
bool people_tell_device(struct circle *c, const char *network, const char *account,
			const char *device);

/* Past the soft cap, tells the organizers once that a second circle may be due. */
void people_check_cap(struct circle *c);

/* The first `forget me`: remembers that it was said. */
void people_ask_forget(struct circle *c, int64_t person);
bool people_asked_forget(struct circle *c, int64_t person);
/* Erases the person from this group, and wholly if it was their last: their records go, and where
 * others' records name them "a former member" remains. */
void people_forget(struct circle *c, int64_t person);
/* Forgets those who left the group longer than `retention_us` ago. */
void people_retain(struct circle *c, int64_t retention_us);

#endif
