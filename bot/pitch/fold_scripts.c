/* Which script a word is meant in, if its letters are of several or look like another's. The twins
 * are those people use, a selection of Unicode's confusables (UTS #39). */
#include "pitch/fold.h"
#include "pitch/fold_private.h"

enum {
	STYLED_LEAST = 3, /* letters in a word: one or two are a formula, an emoji, a bullet */
	RAISED_LEAST = 4, /* 1ˢᵗ and Mᵐᵉ are honest */
};

enum script { LATIN, CYRILLIC, GREEK, ARMENIAN, CHEROKEE, OTHER };

/* Which of its cases looks just like the Latin letter; the others are read as it. */
enum exact { NEITHER, LOWER, UPPER, BOTH };

struct twin {
	gunichar c; /* lower case */
	char lower, upper;
	enum exact exact;
};

/* Sorted by character. */
static const struct twin twins[] = {
	{ 0x3b1, 'a', 'a', UPPER },   /* α */
	{ 0x3b2, 'b', 'b', UPPER },   /* β */
	{ 0x3b5, 'e', 'e', UPPER },   /* ε */
	{ 0x3b6, 'z', 'z', UPPER },   /* ζ */
	{ 0x3b7, 'n', 'h', UPPER },   /* η */
	{ 0x3b9, 'i', 'i', UPPER },   /* ι */
	{ 0x3ba, 'k', 'k', UPPER },   /* κ */
	{ 0x3bc, 'u', 'm', UPPER },   /* μ */
	{ 0x3bd, 'v', 'n', UPPER },   /* ν */
	{ 0x3bf, 'o', 'o', BOTH },    /* ο */
	{ 0x3c1, 'p', 'p', UPPER },   /* ρ */
	{ 0x3c3, 'o', 'e', NEITHER }, /* σ */
	{ 0x3c4, 't', 't', UPPER },   /* τ */
	{ 0x3c5, 'u', 'y', UPPER },   /* υ */
	{ 0x3c7, 'x', 'x', UPPER },   /* χ */
	{ 0x430, 'a', 'a', BOTH },    /* а */
	{ 0x432, 'b', 'b', UPPER },   /* в */
	{ 0x433, 'r', 'r', NEITHER }, /* г */
	{ 0x435, 'e', 'e', BOTH },    /* е */
	{ 0x438, 'u', 'n', NEITHER }, /* и */
	{ 0x43a, 'k', 'k', UPPER },   /* к */
	{ 0x43c, 'm', 'm', UPPER },   /* м */
	{ 0x43d, 'h', 'h', UPPER },   /* н */
	{ 0x43e, 'o', 'o', BOTH },    /* о */
	{ 0x43f, 'n', 'n', NEITHER }, /* п */
	{ 0x440, 'p', 'p', BOTH },    /* р */
	{ 0x441, 'c', 'c', BOTH },    /* с */
	{ 0x442, 't', 't', UPPER },   /* т */
	{ 0x443, 'y', 'y', BOTH },    /* у */
	{ 0x445, 'x', 'x', BOTH },    /* х */
	{ 0x448, 'w', 'w', NEITHER }, /* ш */
	{ 0x44c, 'b', 'b', NEITHER }, /* ь */
	{ 0x44f, 'r', 'r', NEITHER }, /* я */
	{ 0x454, 'e', 'e', NEITHER }, /* є */
	{ 0x455, 's', 's', BOTH },    /* ѕ */
	{ 0x456, 'i', 'i', BOTH },    /* і */
	{ 0x458, 'j', 'j', BOTH },    /* ј */
	{ 0x461, 'w', 'w', NEITHER }, /* ѡ */
	{ 0x475, 'v', 'v', BOTH },    /* ѵ */
	{ 0x4af, 'y', 'y', BOTH },    /* ү */
	{ 0x4bb, 'h', 'h', LOWER },   /* һ */
	{ 0x4cf, 'l', 'l', BOTH },    /* ӏ */
	{ 0x501, 'd', 'd', LOWER },   /* ԁ */
	{ 0x50d, 'g', 'g', BOTH },    /* ԍ */
	{ 0x51b, 'q', 'q', BOTH },    /* ԛ */
	{ 0x51d, 'w', 'w', BOTH },    /* ԝ */
	{ 0x563, 'q', 'q', NEITHER }, /* գ */
	{ 0x566, 'q', 'q', NEITHER }, /* զ */
	{ 0x56c, 'l', 'l', NEITHER }, /* լ */
	{ 0x570, 'h', 'h', LOWER },   /* հ */
	{ 0x572, 'n', 'n', NEITHER }, /* ղ */
	{ 0x575, 'j', 'j', LOWER },   /* յ */
	{ 0x578, 'n', 'n', LOWER },   /* ո */
	{ 0x57c, 'n', 'n', NEITHER }, /* ռ */
	{ 0x57d, 'u', 'u', BOTH },    /* ս */
	{ 0x57f, 's', 's', UPPER },   /* տ: Տ */
	{ 0x581, 'g', 'g', LOWER },   /* ց */
	{ 0x585, 'o', 'o', BOTH },    /* օ */
	{ 0xab70, 'd', 'd', BOTH },   /* Ꭰ */
	{ 0xab71, 'r', 'r', BOTH },   /* Ꭱ */
	{ 0xab72, 't', 't', BOTH },   /* Ꭲ */
	{ 0xab75, 'i', 'i', BOTH },   /* Ꭵ */
	{ 0xab7a, 'a', 'a', BOTH },   /* Ꭺ */
	{ 0xab7b, 'j', 'j', BOTH },   /* Ꭻ */
	{ 0xab7c, 'e', 'e', BOTH },   /* Ꭼ */
	{ 0xab83, 'w', 'w', BOTH },   /* Ꮃ */
	{ 0xab87, 'm', 'm', BOTH },   /* Ꮇ */
	{ 0xab8b, 'h', 'h', BOTH },   /* Ꮋ */
	{ 0xab8d, 'y', 'y', BOTH },   /* Ꮍ */
	{ 0xab90, 'g', 'g', BOTH },   /* Ꮐ */
	{ 0xab92, 'h', 'h', BOTH },   /* Ꮒ */
	{ 0xab93, 'z', 'z', BOTH },   /* Ꮓ */
	{ 0xab9f, 'b', 'b', BOTH },   /* Ꮟ */
	{ 0xaba2, 'r', 'r', BOTH },   /* Ꮢ */
	{ 0xaba4, 'w', 'w', BOTH },   /* Ꮤ */
	{ 0xaba9, 'v', 'v', BOTH },   /* Ꮩ */
	{ 0xabaa, 's', 's', BOTH },   /* Ꮪ */
	{ 0xabae, 'l', 'l', BOTH },   /* Ꮮ */
	{ 0xabaf, 'c', 'c', BOTH },   /* Ꮯ */
	{ 0xabb2, 'p', 'p', BOTH },   /* Ꮲ */
	{ 0xabb6, 'k', 'k', BOTH },   /* Ꮶ */
};

/* The way back: Latin letters put into Russian words. */
static const struct {
	char latin;
	gunichar cyrillic;
} cyrillic_twins[] = {
	{ 'a', 0x430 }, { 'b', 0x432 }, { 'c', 0x441 }, { 'e', 0x435 }, { 'h', 0x43d },
	{ 'k', 0x43a }, { 'm', 0x43c }, { 'n', 0x43f }, { 'o', 0x43e }, { 'p', 0x440 },
	{ 'r', 0x433 }, { 't', 0x442 }, { 'u', 0x438 }, { 'x', 0x445 }, { 'y', 0x443 },
};

struct word {
	struct fold_letter *letters;
	unsigned n;             /* marks included */
	unsigned of[OTHER + 1]; /* letters of each script */
	unsigned foreign;       /* of CYRILLIC to CHEROKEE */
	unsigned twinless;      /* of those: look like no Latin letter */
	unsigned inexact;       /* or only nearly so */
	unsigned guesses;       /* Latin letters that only look like a Cyrillic one's other form */
	unsigned switches;      /* from one script to another */
	enum script first;
	unsigned styles[FOLD_RAISED + 1]; /* of the Latin letters */
};

/* What the words of a text say about each other. */
struct company {
	unsigned latin;    /* words of two letters or more */
	unsigned foreign;  /* that cannot be read as Latin */
	unsigned suspects; /* of a foreign script, and can be */
	unsigned longest_suspect;
	bool asian;
};

static const struct twin *twin_of(gunichar c)
{
	unsigned low = 0, high = G_N_ELEMENTS(twins);

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (twins[middle].c < c)
			low = middle + 1;
		else
			high = middle;
	}
	return low < G_N_ELEMENTS(twins) && twins[low].c == c ? &twins[low] : NULL;
}

static gunichar cyrillic_twin_of(gunichar c)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(cyrillic_twins); i++)
		if ((gunichar)cyrillic_twins[i].latin == c)
			return cyrillic_twins[i].cyrillic;
	return 0;
}

static enum script script_of(gunichar c)
{
	if (c < 0x80)
		return LATIN;
	GUnicodeScript script = g_unichar_get_script(c);
	if (script == G_UNICODE_SCRIPT_LATIN)
		return LATIN;
	if (script == G_UNICODE_SCRIPT_CYRILLIC)
		return CYRILLIC;
	if (script == G_UNICODE_SCRIPT_GREEK)
		return GREEK;
	if (script == G_UNICODE_SCRIPT_ARMENIAN)
		return ARMENIAN;
	if (script == G_UNICODE_SCRIPT_CHEROKEE)
		return CHEROKEE;
	return OTHER;
}

/* Written with wide Latin letters among its own. */
static bool is_asian(gunichar c)
{
	if (c < 0x1100)
		return false;
	GUnicodeScript script = g_unichar_get_script(c);
	return script == G_UNICODE_SCRIPT_HAN || script == G_UNICODE_SCRIPT_HIRAGANA ||
	       script == G_UNICODE_SCRIPT_KATAKANA || script == G_UNICODE_SCRIPT_HANGUL ||
	       script == G_UNICODE_SCRIPT_BOPOMOFO;
}

static bool is_exact(const struct twin *twin, bool upper)
{
	return twin->exact == BOTH || twin->exact == (upper ? UPPER : LOWER);
}

static void count_letter(struct word *w, const struct fold_letter *letter, enum script *last)
{
	enum script script = script_of(letter->c);

	if (*last == OTHER + 1)
		w->first = script;
	else if (*last != script)
		w->switches++;
	*last = script;
	w->of[script]++;
	if (script == LATIN) {
		w->styles[letter->style]++;
		w->guesses += letter->c == 'n' || letter->c == 'r' || letter->c == 'u';
	} else if (script != OTHER) {
		const struct twin *twin = twin_of(letter->c);

		w->foreign++;
		w->twinless += !twin;
		w->inexact += !twin || !is_exact(twin, letter->upper);
	}
}

/* The next word at or after *i, or false. */
static bool next_word(GArray *letters, unsigned *i, struct word *w)
{
	struct fold_letter *all = (struct fold_letter *)(void *)letters->data;
	enum script last = OTHER + 1;

	if (!all) /* an array that never held anything */
		return false;
	while (*i < letters->len && !g_unichar_isalpha(all[*i].c))
		++*i;
	*w = (struct word){ .letters = all + *i };
	for (; *i < letters->len; ++*i) {
		const struct fold_letter *letter = &all[*i];

		if (g_unichar_isalpha(letter->c))
			count_letter(w, letter, &last);
		else if (!g_unichar_ismark(letter->c))
			break;
		else
			w->inexact++; /* ё */
		w->n++;
	}
	return w->n > 0;
}

static bool is_suspect(const struct word *w)
{
	return w->foreign && !w->of[LATIN] && !w->of[OTHER] && !w->inexact;
}

static void count_word(struct company *company, const struct word *w)
{
	if (is_suspect(w)) {
		company->suspects++;
		company->longest_suspect = MAX(company->longest_suspect, w->n);
	} else if (w->foreign && !w->of[LATIN]) {
		company->foreign++;
	} else if (w->of[LATIN] >= 2) {
		company->latin++;
	}
	for (unsigned i = 0; i < w->n && w->of[OTHER] && !company->asian; i++)
		company->asian = is_asian(w->letters[i].c);
}

static struct company company_of(GArray *letters)
{
	struct company company = { 0 };
	struct word w;

	for (unsigned i = 0; next_word(letters, &i, &w);)
		count_word(&company, &w);
	return company;
}

/* The letters' places stay; what was a mark on them becomes nothing. */
static void to_latin(struct word *w)
{
	for (unsigned i = 0; i < w->n; i++) {
		struct fold_letter *letter = &w->letters[i];
		const struct twin *twin = twin_of(letter->c);

		if (twin)
			letter->c = (gunichar)(letter->upper ? twin->upper : twin->lower);
		else if (g_unichar_ismark(letter->c))
			letter->c = 0;
	}
}

/* What a letter of another script stands for in a Russian word, 0 for none. */
static gunichar cyrillic_of(const struct fold_letter *letter)
{
	enum script script = script_of(letter->c);
	const struct twin *twin = script == LATIN || script == CYRILLIC ? NULL : twin_of(letter->c);

	if (script == CYRILLIC || g_unichar_ismark(letter->c))
		return letter->c;
	return cyrillic_twin_of(twin ? (gunichar)twin->lower : letter->c);
}

static bool to_cyrillic(struct word *w)
{
	for (unsigned i = 0; i < w->n; i++)
		if (!cyrillic_of(&w->letters[i]))
			return false;
	for (unsigned i = 0; i < w->n; i++)
		w->letters[i].c = cyrillic_of(&w->letters[i]);
	return true;
}

/* A Latin name with a Russian ending ("SMSка"), a unit ("μm"). */
static bool mixes_honestly(const struct word *w, const struct company *company)
{
	if (w->switches != 1)
		return false;
	if (w->first == LATIN && w->of[LATIN] >= 2 && w->of[CYRILLIC])
		return company->foreign > 0;
	return w->foreign == 1 && w->letters[0].c == 0x3bc /* μ */ && !w->letters[0].upper;
}

static bool fold_mixed(struct word *w, const struct company *company)
{
	bool russian = w->of[CYRILLIC] && (w->twinless || company->foreign);

	if (w->of[OTHER] ||
	    (w->guesses == w->of[LATIN] && w->guesses && mixes_honestly(w, company)))
		return false;
	if (russian && to_cyrillic(w))
		return true;
	if (w->twinless || w->of[LATIN] + w->foreign < 3 || mixes_honestly(w, company))
		return false;
	to_latin(w);
	return true;
}

/* Styled letters have become plain ones already; was that disguise? */
static bool is_styled(const struct word *w, const struct company *company)
{
	unsigned plain = w->styles[FOLD_PLAIN], styled = w->styles[FOLD_STYLED];
	unsigned wide = w->styles[FOLD_WIDE];

	if (styled >= STYLED_LEAST || (styled && plain >= 2))
		return true;
	if (wide && !company->asian && (wide >= 2 || plain >= 2))
		return true;
	return w->styles[FOLD_SMALL] >= STYLED_LEAST || w->styles[FOLD_RAISED] >= RAISED_LEAST;
}

/* All suspects are taken for Latin, or none: in a text that is Latin without them. */
static bool are_latin(const struct company *company)
{
	if (!company->suspects || company->foreign || company->asian)
		return false;
	return company->latin >= 3 || (company->latin >= 1 && company->longest_suspect >= 3);
}

static void drop_nothings(GArray *letters)
{
	struct fold_letter *all = (struct fold_letter *)(void *)letters->data;
	unsigned kept = 0;

	for (unsigned i = 0; i < letters->len; i++)
		if (all[i].c)
			all[kept++] = all[i];
	g_array_set_size(letters, kept);
}

/* Flag halves stand one by one, so that no word of them is long enough. */
static unsigned styled_in_a_row(const GArray *letters)
{
	unsigned n = 0, most = 0;

	for (unsigned i = 0; i < letters->len; i++) {
		const struct fold_letter *l = &g_array_index(letters, struct fold_letter, i);

		if (l->style == FOLD_STYLED && l->c < 0x80)
			n++;
		else if (!fold_is_blank((char)MIN(l->c, 0x7f)))
			n = 0;
		most = MAX(most, n);
	}
	return most;
}

void fold_scripts(GArray *letters, unsigned *marks)
{
	struct company company = company_of(letters);
	bool latin = are_latin(&company), folded = false;
	struct word w;

	for (unsigned i = 0; next_word(letters, &i, &w);) {
		if (is_styled(&w, &company))
			*marks |= FOLD_LOOKALIKE;
		if (is_suspect(&w) && latin)
			to_latin(&w);
		else if (!w.foreign || !w.switches || !fold_mixed(&w, &company))
			continue;
		folded = true;
	}
	if (styled_in_a_row(letters) >= STYLED_LEAST)
		*marks |= FOLD_LOOKALIKE;
	if (folded) {
		*marks |= FOLD_LOOKALIKE;
		drop_nothings(letters);
	}
}
