/* What members made: a number, a title, a link or none, a maker. */
#ifndef KITH_WORKS_H
#define KITH_WORKS_H

#include "circle.h"

struct work {
	int64_t id;
	int64_t number;
	int64_t maker; /* 0: a former member */
	char *title;   /* "" once its maker is forgotten */
	char *link;    /* or NULL */
	char *want;    /* what feedback is wanted, or NULL */
	int64_t made_at_us;
};

/* By its number in the group; NULL if there is none. works_free it. */
struct work *works_find(struct circle *c, int64_t number);
struct work *works_by_id(struct circle *c, int64_t id);
/* The group a work is of, 0 if there is no such work. */
int64_t works_group(struct db *db, int64_t id);
/* A member's own work with this link, or (link NULL) this title. */
struct work *works_same(struct circle *c, int64_t maker, const char *link, const char *title);
void works_free(struct work *w);
static inline void works_cleanup(struct work **w)
{
	works_free(*w);
}
/* `WORKS_AUTO struct work *w = works_find(...)` frees it at the end of the scope. */
#define WORKS_AUTO __attribute__((cleanup(works_cleanup)))

/* Returns its id. */
int64_t works_add(struct circle *c, int64_t maker, const char *title, const char *link,
		  const char *want);
void works_change(struct circle *c, int64_t id, const char *title, const char *link,
		  const char *want);
/* Removes a work nobody said anything about and that stands in no round. */
void works_tidy(struct circle *c, int64_t id);

/* The latest of a member's titles, at most `most`: what they showed in a round, and what others
 * spoke about; not what still waits for its first round, or never came to one. NULL-terminated,
 * g_strfreev. */
char **works_of(struct circle *c, int64_t maker, int most);

/* '#3 “Title” by NAME: LINK' in the words of the catalogue; markup, g_free it. */
char *works_line(struct circle *c, const struct work *w);
/* The same without maker and link. Plain text, for a value; g_free it. */
char *works_short(struct circle *c, const struct work *w);

/* Whose works a message names, by link or by a title one would not say by chance. `key` is its
 * fold_key. Another member's goes before an own one only if no own one is named. */
enum works_mention { WORKS_NONE, WORKS_OWN, WORKS_OTHERS };
enum works_mention works_mentioned(struct circle *c, int64_t person, const char *key);

/* Reads "12" or "#12" at the start of `text`; 0 if there is none. */
int64_t works_number(const char *text, const char **ret_rest);

#endif
