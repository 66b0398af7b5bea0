/* A folded text cut into words, each with the places in cues it can stand at. Private to the
 * reading. */
#ifndef KITH_READING_TOKENS_H
#define KITH_READING_TOKENS_H

#include "pitch/cues.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct reading_token {
	uint64_t may_be; /* reading_atom_bit() of its atoms: a clear one says no at once */
	unsigned atoms;  /* in `atoms`, up to the next token's */
	bool starts;     /* a sentence */
	bool asked;      /* its sentence ends with a question mark */
	bool quoted;     /* stands in quotation marks */
};

static inline uint64_t reading_atom_bit(uint16_t atom)
{
	return UINT64_C(1) << (atom % 64);
}

struct reading_tokens {
	GArray *tokens; /* struct reading_token, and one more at the end that only starts */
	GArray *atoms;  /* uint16_t */
	unsigned links, questions, loud;
};

void reading_tokens_init(struct reading_tokens *t, const char *text);
void reading_tokens_done(struct reading_tokens *t);
unsigned reading_tokens_n(const struct reading_tokens *t);

#endif
