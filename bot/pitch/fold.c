#include "pitch/fold.h"

#include "base/text/text.h"
#include "pitch/fold_private.h"

#include <string.h>

/* One round does the work of nearly every text, a second sees that nothing is left. What is not
 * settled then is a puzzle made for us, and left as its letters are. */
enum { ROUNDS_MOST = 6 };

/* The first FOLD_MOST bytes, to a whole character if there are characters. */
static char *take_front(const char *text)
{
	size_t n = strnlen(text, FOLD_MOST + 1);

	if (n > FOLD_MOST) {
		n = FOLD_MOST;
		for (int back = 0; back < 3 && ((unsigned char)text[n] & 0xc0) == 0x80; back++)
			n--;
	}
	return text_valid(text, n);
}

static void close_gaps(GString *text)
{
	for (char *p = text->str; (p = strchr(p, FOLD_GAP));)
		*p = ' ';
}

/* Letters first: the steps after them read plain ones. Unspaced letters may be part of a link, a
 * whole link is no longer open to the last step. *ret_settled: another round would change nothing,
 * as ASCII letters stay what they are. */
static GString *fold_once(const char *text, unsigned *marks, bool *ret_settled)
{
	g_autoptr(GString) letters = fold_letters(text, marks);
	GString *spaced = g_string_sized_new(letters->len + 1);
	g_autoptr(GString) whole = g_string_sized_new(letters->len + 1);

	fold_spaced(letters->str, spaced, marks);
	fold_defanged(spaced->str, whole, marks);
	g_string_truncate(spaced, 0);
	fold_leet(whole->str, spaced, marks);
	*ret_settled = g_string_equal(letters, spaced) && g_str_is_ascii(letters->str);
	return spaced;
}

static char *letters_alone(const char *text, unsigned *marks)
{
	GString *letters = fold_letters(text, marks);

	close_gaps(letters);
	return g_string_free(letters, FALSE);
}

void fold_init(struct fold *f, const char *text)
{
	g_autofree char *front = take_front(text);
	unsigned marks = 0;
	bool settled;
	GString *folded = fold_once(front, &marks, &settled);

	for (int round = 1; !settled && round < ROUNDS_MOST; round++) {
		GString *again = fold_once(folded->str, &marks, &settled);

		settled = settled || g_string_equal(folded, again);
		g_string_free(folded, TRUE);
		folded = again;
	}
	if (settled) {
		f->text = g_string_free(folded, FALSE);
	} else {
		g_string_free(folded, TRUE);
		f->text = letters_alone(front, &marks);
	}
	f->marks = marks;
}

void fold_done(struct fold *f)
{
	if (!f)
		return;
	g_clear_pointer(&f->text, g_free);
	f->marks = 0;
}
