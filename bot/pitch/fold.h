/*
 * The letters behind the letters: a text as a reader's eye takes it, whatever it was typed with.
 * Pure, linear, for any bytes. What is read (pitch/reading) and what two messages are compared by
 * both start here.
 */
#ifndef KITH_FOLD_H
#define KITH_FOLD_H

/* What somebody went out of their way to do to a text. Bits. */
enum fold_mark {
	FOLD_HIDDEN = 1,    /* characters nobody sees inside words: zero width, soft hyphen, bidi */
	FOLD_LOOKALIKE = 2, /* letters of two scripts in one word, full width, mathematical ... */
	FOLD_LEET = 4,      /* digits and signs for letters: fr33, m0ney, c@sh */
	FOLD_SPACED = 8,    /* f r e e, f.r.e.e */
	FOLD_DEFANGED = 16, /* hxxp://, example[.]com, example dot com */
};

struct fold {
	/* Valid UTF-8, lower case, without accents (ß is ss, é is e); links whole again
	 * ("hxxps://example[.]com" is "https://example.com"); runs of white space are one space, of
	 * line breaks one '\n'; punctuation, digits and emoji as they were. Words of a script of
	 * their own (Cyrillic, Greek, Han ...) stay in it. Folding a second time changes nothing.
	 */
	char *text;
	unsigned marks; /* of enum fold_mark */
};

/* At most the first FOLD_MOST bytes of `text` are looked at, to a whole character. */
enum { FOLD_MOST = 16384 };
void fold_init(struct fold *f, const char *text);
void fold_done(struct fold *f);

/* What two messages are the same by: the folded words and numbers alone, a space between, without
 * whom the message is addressed to ("ana: ..."). "" if there are none. g_free it. */
char *fold_key(const struct fold *f);

/* Blanks out, in a copy of a text as typed, what its writer only shows: lines quoted with '>', a
 * Matrix reply's fallback, `code` and code blocks, lines pasted from a log ("<nick> ..."), and a
 * passage in quotation marks of three words or more. Line breaks stay. g_free it. */
char *fold_unquoted(const char *text);

#endif
