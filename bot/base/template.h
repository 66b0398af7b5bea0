/* Texts with {placeholders}; {{ and }} are braces. What words.c is made of. */
#ifndef KITH_TEMPLATE_H
#define KITH_TEMPLATE_H

#include <stddef.h>

/* What fills the placeholder {name}, as it is. */
struct template_value {
	const char *name;
	const char *text;
};

/* `text` with its placeholders filled; one that no value is for is a bug and asserts. g_free it. */
char *template_fill(const char *text, const struct template_value *values, size_t n);

/* What is wrong with `text` in the place of `original`, as in "has {nam}, ...": it is no template,
 * or it has a placeholder that is neither in `original` nor in `also` (NULL-terminated, or NULL).
 * NULL if it will do; else g_free it. */
char *template_fault(const char *text, const char *original, const char *const *also);

#endif
