/* Shared by fold.c and the files beside it: the steps a text is folded in. None makes a text
 * longer but the first; all take linear time. */
#ifndef KITH_FOLD_PRIVATE_H
#define KITH_FOLD_PRIVATE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* A blank run of two or more on one line, until fold_spaced has seen it: there the words of a
 * spaced text come apart. */
#define FOLD_GAP '\t'

/* How a letter that became a plain Latin one was written. */
enum fold_style {
	FOLD_PLAIN,
	FOLD_WIDE,   /* as CJK text has it */
	FOLD_STYLED, /* mathematical, enclosed, a flag's half, ... */
	FOLD_SMALL,  /* a small capital; phonetics has some of them */
	FOLD_RAISED, /* above or below the line */
};

/* One character on its way: decomposed, in lower case. */
struct fold_letter {
	gunichar c;
	enum fold_style style;
	bool upper; /* as it was typed: Н looks like H, н does not */
};

/* Every character by itself: seen or not, its case, accents, width. At most FOLD_MOST bytes come
 * out, with FOLD_GAP for wide gaps. g_string_free it. */
GString *fold_letters(const char *text, unsigned *marks);
/* The words of `letters` (struct fold_letter), by the scripts they mix: in place. */
void fold_scripts(GArray *letters, unsigned *marks);

/* Each appends what it makes of `text` to `out`. */
void fold_spaced(const char *text, GString *out, unsigned *marks);
void fold_defanged(const char *text, GString *out, unsigned *marks);
void fold_leet(const char *text, GString *out, unsigned *marks);

/* `ret` is the word behind the digits and signs of `word` (lower case, `n` bytes) if that is one
 * people disguise; needs n + 1 bytes. */
bool fold_leet_word(const char *word, size_t n, char *ret);
enum { FOLD_WORD_MOST = 24 };

/* A common word, or one that offers are made of; with an English ending too. */
bool fold_is_word(const char *word);
/* Could be a word of a European language: vowels and consonants in turn. */
bool fold_is_sayable(const char *word);

/* The length of a link in folded text, with scheme or just "www.example.org/..." or
 * "example.com/...", 0 if `text` does not start with one. */
size_t fold_link(const char *text);
/* Whether the `n` bytes are a top level domain people know. */
bool fold_is_tld(const char *name, size_t n);

/* A byte of a letter or a digit, in valid UTF-8; punctuation beyond ASCII counts as well. */
static inline bool fold_in_word(char c)
{
	return g_ascii_isalnum(c) || (unsigned char)c >= 0x80;
}

static inline bool fold_is_blank(char c)
{
	return c == ' ' || c == '\n' || c == FOLD_GAP;
}

#endif
