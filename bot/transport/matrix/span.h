/*
 * JSON as it lies in memory (RFC 8259): checked once, then read in place, without a tree. A span is
 * a value's own bytes, from its first to its last. A spans_... index remembers where the values of
 * the outer levels begin, so that a long answer is gone through once.
 */
#ifndef KITH_MATRIX_SPAN_H
#define KITH_MATRIX_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *at; /* NULL: there is no such value */
	size_t bytes;
};

enum { SPAN_DEPTH_MOST = 100 };

/* 0 if `text` is one JSON value in valid UTF-8, no deeper than SPAN_DEPTH_MOST, white space around
 * it allowed; *ret is the value. -EBADMSG: it is not, *ret_offset is where that shows (may be
 * NULL); -ELOOP: it is too deep. Nothing below may be asked of what was not checked. */
int span_check(const char *text, size_t bytes, struct span *ret, size_t *ret_offset);

bool span_is_object(struct span s);
bool span_is_array(struct span s);
bool span_is_string(struct span s);
bool span_is_true(struct span s);
/* An integer that int64_t holds; written without fraction and exponent. */
bool span_int(struct span s, int64_t *ret);
/* A string, unescaped: valid UTF-8 (a lone surrogate becomes U+FFFD), U+0000 left out. NULL if it
 * is no string. g_free it. */
char *span_text(struct span s);
/* Whether it is a string that says `text`, however it is escaped. */
bool span_says(struct span s, const char *text);

/* The member of an object; of several of that name the last, as most readers have it. at is NULL
 * where there is none, or `object` is none. */
struct span span_get(struct span object, const char *key);
/* span_get along NULL-terminated keys: span_at(e, "content", "m.relates_to", NULL). */
struct span span_at(struct span s, ...) __attribute__((sentinel));

/* for (struct span_each i = span_each(s); span_next(&i);) ... i.key, i.value. Elements of an array
 * have no key. Nothing of what is neither object nor array. */
struct span_each {
	const char *next, *end;
	struct span key, value;
};
struct span_each span_each(struct span s);
bool span_next(struct span_each *i);

/*
 * The index: each value down to a level, in the order of the text; 16 bytes a value.
 */
struct spans;

/* Checks as span_check does and remembers every value down to `levels` (the whole is level 0).
 * `passed` (or NULL) is called now and then with an offset that the reading is past. At most 4 GiB
 * and eight million values: -EFBIG. The text must outlive the index. */
int spans_new(const char *text, size_t bytes, unsigned levels,
	      void (*passed)(void *data, size_t offset), void *data, struct spans **ret,
	      size_t *ret_offset);
void spans_free(struct spans *s);

/* Nodes are numbered; 0 is the whole. SPANS_NONE: there is none. */
enum { SPANS_NONE = -1 };
int64_t spans_first(const struct spans *s, int64_t node);
int64_t spans_next(const struct spans *s, int64_t node);
/* The child of an object by its name; the last of several. */
int64_t spans_get(const struct spans *s, int64_t node, const char *key);
struct span spans_value(const struct spans *s, int64_t node);
struct span spans_key(const struct spans *s, int64_t node); /* a string's span; none in an array */

#endif
