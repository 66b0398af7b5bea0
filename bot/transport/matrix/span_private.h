/* What the check and the reading in place share: going through a string a word at a time. */
#ifndef KITH_MATRIX_SPAN_PRIVATE_H
#define KITH_MATRIX_SPAN_PRIVATE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SPAN_ONES  UINT64_C(0x0101010101010101)
#define SPAN_HIGHS UINT64_C(0x8080808080808080)

/* The first byte in memory is the lowest. */
static inline uint64_t span_word(const char *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof(word));
	return GUINT64_FROM_LE(word);
}

/* The highest bit of each byte that is below `n` (at most 128); above the lowest such byte there
 * may be others, which a borrow made. */
static inline uint64_t span_below(uint64_t word, uint8_t n)
{
	return (word - SPAN_ONES * n) & ~word & SPAN_HIGHS;
}

static inline uint64_t span_equal(uint64_t word, char c)
{
	return span_below(word ^ (SPAN_ONES * (uint8_t)c), 1);
}

/* Which byte the lowest mark stands for. */
static inline unsigned span_lowest(uint64_t marks)
{
	return (unsigned)__builtin_ctzll(marks) / 8;
}

static inline bool span_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Behind the string whose first quote `at` is. */
const char *span_behind_string(const char *at, const char *end);

#endif
