/* Characters one by one, and what kind they are: what the rest of text/ is made of. */
#ifndef KITH_TEXT_CHARS_H
#define KITH_TEXT_CHARS_H

#include <stdbool.h>
#include <stdint.h>

/* The character at *p, which is moved past it. A broken byte is U+FFFD; at the NUL this is 0 and
 * *p stays. */
uint32_t chars_next(const char **p);

/* White space, line breaks included, and U+2800, which looks the same. */
bool chars_space(uint32_t c);
/* Starts a new line. */
bool chars_line_break(uint32_t c);
/* Leaves nothing to see by itself: Default_Ignorable_Code_Point (UAX #44) and the interlinear
 * annotation marks. Variation selectors and joiners are among them. */
bool chars_invisible(uint32_t c);
/* U+200C, U+200D: no sign of their own, but some scripts and emoji need them between two. */
bool chars_joiner(uint32_t c);
/* Chooses another form of the character before it. */
bool chars_selector(uint32_t c);
/* Belongs to the character before it: never to be cut from it. */
bool chars_extends(uint32_t c);

/* What stands for `c` in HTML, in text or between quotes; NULL: itself. Static. */
const char *chars_entity(char c);

enum chars_clean { CHARS_LINE, CHARS_FOLD };
/* text_line's work; for CHARS_FOLD joiners and variation selectors go too. */
char *chars_clean(const char *text, enum chars_clean how);

#endif
