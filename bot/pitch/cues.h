/*
 * The cue lists (pitch/cues/LANG.cues) as constant tables, written by pitch/cues/compile.py.
 * Private to the reading.
 */
#ifndef KITH_CUES_H
#define KITH_CUES_H

#include "pitch/reading_private.h"

#include <stdint.h>

/* What a word can be besides itself; the order is compile.py's. */
enum cue_class {
	CUE_LINK,
	CUE_MAIL,
	CUE_HANDLE,
	CUE_NUMBER,
	CUE_MONEY,
	CUE_PERCENT,
	CUE_REFERRAL, /* a link that carries somebody's code */
	CUE_CLASSES,
};

enum cue_flag { CUE_STRONG = 1, CUE_START = 2 };

/* A cue is a row of places; what may stand at a place is an atom, a number. */
struct cue {
	uint16_t first; /* of its places in cues_words */
	uint8_t n;
	uint8_t family; /* enum reading_family */
	uint8_t flags;  /* of enum cue_flag */
};

struct cue_word {
	uint16_t atom;
	uint8_t gap; /* so many words may lie before it */
};

/* The words of all cues: edges of node n are cues_trie_first[n] up to [n + 1], edge e leads to node
 * e + 1. A node's words and beginnings of words are lists of atoms in cues_atoms: a length, then so
 * many; list 0 is empty. */
extern const uint16_t cues_trie_first[];
extern const uint8_t cues_trie_byte[];
extern const uint16_t cues_trie_exact[];
extern const uint16_t cues_trie_prefix[];
extern const uint16_t cues_atoms[];
extern const uint16_t cues_class_atoms[]; /* by enum cue_class */
/* The cues that begin with atom a are cues_by_atom[a] up to [a + 1]. */
extern const uint16_t cues_by_atom[];
extern const struct cue cues[];
extern const struct cue_word cues_words[];

#endif
