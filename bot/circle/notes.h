/* Notes (specific feedback), shares (passing on), thanks and stories (what it led to): what people
 * give to each other's work. Their number is never told to anybody. */
#ifndef KITH_NOTES_H
#define KITH_NOTES_H

#include "circle.h"

struct work;

/* Each records and returns the row's id, for records_add. */
int64_t notes_add(struct circle *c, int64_t work, int64_t person, bool private, const char *text);
int64_t shares_add(struct circle *c, int64_t work, int64_t person, const char *place,
		   const char *because);
int64_t thanks_add(struct circle *c, int64_t person, int64_t to, const char *text);
int64_t stories_add(struct circle *c, int64_t work, int64_t person, const char *text);

/* One thing somebody said: `person` 0 for a former member. */
struct said {
	int64_t id; /* among those of its kind */
	int64_t person;
	char *text;
	char *place; /* of a share, else NULL */
	int64_t at_us;
};
void said_free(void *said);
/* The latest, at most `most`, newest first; of notes only those said in the room. GPtrArray of
 * struct said; g_ptr_array_unref it. */
GPtrArray *notes_about(struct circle *c, int64_t work, int most);
GPtrArray *shares_of(struct circle *c, int64_t work, int most);
GPtrArray *stories_of(struct circle *c, int64_t work, int most);
/* The note the recap shows: by `reader` if they said one in the room since `since_us`, else the
 * first somebody else said there since; NULL if none. said_free it. */
struct said *notes_for_recap(struct circle *c, int64_t work, int64_t reader, int64_t since_us);
/* The one the recap of the last closed round with this work in it shows, NULL if none; said_free
 * it. */
struct said *notes_in_recap(struct circle *c, int64_t work);
bool notes_by(struct circle *c, int64_t work, int64_t person);
bool notes_any_since(struct circle *c, int64_t work, int64_t since_us);

#endif
