#include "template.h"

#include <assert.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* The pieces of a text, from left to right. */
enum piece_kind { PIECE_TEXT, PIECE_PLACEHOLDER, PIECE_FAULT, PIECE_END };

struct piece {
	enum piece_kind kind;
	const char *from; /* a placeholder's name without its braces */
	size_t length;
};

/* Cuts the first piece off *text. A fault is a brace that is neither doubled nor around a name. */
static struct piece piece_next(const char **text)
{
	const char *p = *text;
	size_t n = strcspn(p, "{}");
	if (n) {
		*text = p + n;
		return (struct piece){ PIECE_TEXT, p, n };
	}
	if (!*p)
		return (struct piece){ PIECE_END, p, 0 };
	if (p[0] == p[1]) {
		*text = p + 2;
		return (struct piece){ PIECE_TEXT, p, 1 };
	}
	n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz0123456789-_");
	if (p[0] == '{' && n && p[1 + n] == '}') {
		*text = p + n + 2;
		return (struct piece){ PIECE_PLACEHOLDER, p + 1, n };
	}
	*text = p + 1;
	return (struct piece){ PIECE_FAULT, p, 1 };
}

static bool is_named(const struct piece *placeholder, const char *name)
{
	return strlen(name) == placeholder->length &&
	       !strncmp(name, placeholder->from, placeholder->length);
}

static bool is_known(const struct piece *placeholder, const char *text, const char *const *also)
{
	struct piece piece;
	for (; also && *also; also++) {
		if (is_named(placeholder, *also))
			return true;
	}
	while ((piece = piece_next(&text)).kind != PIECE_END) {
		if (piece.kind == PIECE_PLACEHOLDER && piece.length == placeholder->length &&
		    !strncmp(piece.from, placeholder->from, piece.length))
			return true;
	}
	return false;
}

char *template_fault(const char *text, const char *original, const char *const *also)
{
	struct piece piece;
	if (!g_utf8_validate(text, -1, NULL))
		return g_strdup("is not UTF-8");
	while ((piece = piece_next(&text)).kind != PIECE_END) {
		if (piece.kind == PIECE_FAULT)
			return g_strdup("has a brace that is part of no {name}; "
					"write {{ or }} for the brace itself");
		if (piece.kind == PIECE_PLACEHOLDER && !is_known(&piece, original, also))
			return g_strdup_printf("has {%.*s}, which this sentence does not know",
					       (int)piece.length, piece.from);
	}
	return NULL;
}

static const char *value_find(const struct template_value *values, size_t n,
			      const struct piece *piece)
{
	for (size_t i = 0; i < n; i++) {
		if (is_named(piece, values[i].name))
			return values[i].text;
	}
	return NULL;
}

char *template_fill(const char *text, const struct template_value *values, size_t n)
{
	GString *out = g_string_new(NULL);
	struct piece piece;
	while ((piece = piece_next(&text)).kind != PIECE_END) {
		if (piece.kind == PIECE_PLACEHOLDER) {
			const char *value = value_find(values, n, &piece);
			assert(value);
			g_string_append(out, value);
		} else {
			g_string_append_len(out, piece.from, (gssize)piece.length);
		}
	}
	return g_string_free(out, FALSE);
}
