/* Letters set apart: "f r e e", "f.r.e.e", "f - r - e - e". */
#include "pitch/fold.h"
#include "pitch/fold_private.h"

#include <string.h>

enum {
	RUN_LEAST = 3,
	WORD_LEAST = 4,     /* letters of a word we do not know */
	DOTTED_LEAST = 6,   /* U.S.S.R. is none */
	SEPARATOR_MOST = 3, /* bytes: " - " */
};

/* Single letters with the same between them. */
struct run {
	const char *end;
	GString *letters; /* FOLD_GAP where the words of it come apart */
	char mark;        /* the sign between them, 0 for a blank alone */
	bool glued;       /* goes on with more than single letters */
};

static bool is_single(const char *p)
{
	return (g_ascii_isalnum(*p) || *p == '$' || *p == '@') && !fold_in_word(p[1]) &&
	       p[1] != '\'';
}

/* Goes on with a run, but begins none: "5 0 %", "f r e e !". */
static bool is_sign(const char *p)
{
	return *p && strchr("%!?&", *p) && !fold_in_word(p[1]) && p[1] != '\'';
}

/* Nothing that would make the letters part of something larger: a path, an option, a handle. */
static bool may_begin(const char *text, const char *p)
{
	if (p == text)
		return true;
	return fold_is_blank(p[-1]) || strchr("\"'([{*<>!?,;:", p[-1]);
}

static size_t separator_at(const char *p, char *ret_mark)
{
	size_t n = 0;

	*ret_mark = 0;
	if (*p == ' ')
		n++;
	if (p[n] && strchr(".-_*~|+", p[n])) {
		*ret_mark = p[n++];
		if (p[n] == ' ' && n == 2)
			n++;
		else if (n == 2 || p[n] == ' ')
			return 0; /* uneven: "a. b", "a -b" */
	}
	return n;
}

/* Reads from the single letter at `p`; whatever is decided about it, nothing of it is read again.
 */
static void read_run(const char *p, struct run *run)
{
	char separator[SEPARATOR_MOST + 1];
	size_t n;

	g_string_assign(run->letters, "");
	g_string_append_c(run->letters, *p++);
	run->glued = false;
	n = *p == FOLD_GAP ? 1 : separator_at(p, &run->mark);
	if (*p == FOLD_GAP)
		run->mark = 0;
	memcpy(separator, *p == FOLD_GAP ? " " : p, n);
	for (;;) {
		bool gap = !run->mark && *p == FOLD_GAP;

		if (!n || !(gap || !strncmp(p, separator, n)))
			break;
		if (!is_single(p + n) && (run->mark || !is_sign(p + n))) {
			run->glued = run->mark && n == 1 && fold_in_word(p[n]);
			break;
		}
		if (gap)
			g_string_append_c(run->letters, FOLD_GAP);
		p += n;
		g_string_append_c(run->letters, *p++);
	}
	run->end = p;
}

/* a b c d, a c e g: the options of a list. */
static bool is_list(const char *word)
{
	for (; word[1]; word++)
		if (word[0] >= word[1])
			return false;
	return true;
}

/* Replaces the letters and signs by the word behind them, if there is one. */
static bool is_spaced_word(const char *word, char mark, char ret[static FOLD_WORD_MOST + 1])
{
	size_t n = strlen(word);

	if (n > FOLD_WORD_MOST || n < RUN_LEAST)
		return false;
	memcpy(ret, word, n + 1);
	for (const char *p = word; *p; p++)
		if (!g_ascii_isalpha(*p))
			return fold_leet_word(word, n, ret);
	if (fold_is_word(word) || !strcmp(word, "www") || !strcmp(word, "com"))
		return true;
	return n >= (mark == '.' ? DOTTED_LEAST : WORD_LEAST) && !is_list(word) &&
	       strpbrk(word, "aeiou") && fold_is_sayable(word);
}

static bool are_letters(const char *word)
{
	for (; *word; word++)
		if (!g_ascii_isalpha(*word))
			return false;
	return true;
}

static bool are_signs(const char *text)
{
	return text[strspn(text, "%!?&")] == '\0';
}

/* 50, $9: nothing to read in it. */
static bool is_amount(const char *word)
{
	return word[strspn(word, "$0123456789")] == '\0';
}

/* "a f r e e": an article in front. */
static bool append_after_article(const char *word, char mark, GString *out)
{
	char plain[FOLD_WORD_MOST + 1];

	if (mark || (*word != 'a' && *word != 'i') || !fold_is_word(word + 1))
		return false;
	if (!is_spaced_word(word + 1, mark, plain))
		return false;
	g_string_append_printf(out, "%c %s", *word, plain);
	return true;
}

/* Appends a word of the run without the gaps in it; `sure` says whether it is a word beyond doubt.
 */
static bool append_word(const char *word, char mark, GString *out, bool *sure, unsigned *marks)
{
	char plain[FOLD_WORD_MOST + 1];

	if (!fold_is_word(word) && append_after_article(word, mark, out)) {
		*sure = true;
	} else if (!is_amount(word) && is_spaced_word(word, mark, plain)) {
		*sure = true;
		*marks |= strcmp(plain, word) != 0 ? FOLD_LEET : 0;
		g_string_append(out, plain);
	} else if (are_letters(word) || is_amount(word)) {
		g_string_append(out, word);
	} else {
		return false;
	}
	return true;
}

/* The run as words, if one of them is a word beyond doubt. */
static bool append_words(const struct run *run, GString *out, unsigned *marks)
{
	g_auto(GStrv) words = g_strsplit(run->letters->str, "\t", -1);
	size_t start = out->len;
	bool sure = false;

	if (run->glued || run->letters->len < RUN_LEAST)
		return false;
	for (char **word = words; *word; word++) {
		char *signs = *word + strcspn(*word, "%!?&");
		g_autofree char *after = g_strdup(signs);

		*signs = '\0';
		if (out->len > start)
			g_string_append_c(out, ' ');
		if (!append_word(*word, run->mark, out, &sure, marks) || !are_signs(after)) {
			sure = false;
			break;
		}
		g_string_append(out, after);
	}
	if (!sure)
		g_string_truncate(out, start);
	return sure;
}

/* Most texts have no two single letters near each other. */
static bool any_run(const char *text)
{
	const char *last = NULL;

	for (const char *p = text; *p; p++) {
		if (fold_in_word(p[1]) || !is_single(p) || (p > text && fold_in_word(p[-1])))
			continue;
		if (last && p - last <= SEPARATOR_MOST + 1)
			return true;
		last = p;
	}
	return false;
}

static void append_spaced(const char *text, GString *out, unsigned *marks)
{
	struct run run = { .letters = g_string_new(NULL) };

	for (const char *p = text; *p;) {
		size_t link = may_begin(text, p) ? fold_link(p) : 0;

		if (link) {
			g_string_append_len(out, p, (gssize)link);
			p += link;
		} else if (is_single(p) && may_begin(text, p)) {
			read_run(p, &run);
			if (append_words(&run, out, marks))
				*marks |= FOLD_SPACED;
			else
				g_string_append_len(out, p, run.end - p);
			p = run.end;
		} else {
			g_string_append_c(out, *p++);
		}
	}
	g_string_free(run.letters, TRUE);
}

void fold_spaced(const char *text, GString *out, unsigned *marks)
{
	if (any_run(text))
		append_spaced(text, out, marks);
	else
		g_string_append(out, text);
	for (char *p = out->str; (p = strchr(p, FOLD_GAP));)
		*p = ' ';
}
