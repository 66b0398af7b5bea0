#include "pitch/fold.h"
#include "pitch/reading_private.h"
#include "pitch/reading_tokens.h"

#include <glib.h>

/* Gaps are looked ahead over that are shorter, which all of compile.py's are. */
enum { GAPS = 4 };

static const struct reading_token *token(const struct reading_tokens *t, unsigned i)
{
	return &g_array_index(t->tokens, struct reading_token, i);
}

static bool stands_at(const struct reading_tokens *t, unsigned i, uint16_t atom)
{
	const uint16_t *atoms = (const uint16_t *)(void *)t->atoms->data;
	if (!(token(t, i)->may_be & reading_atom_bit(atom)))
		return false;
	for (unsigned a = token(t, i)->atoms; a < token(t, i + 1)->atoms; a++)
		if (atoms[a] == atom)
			return true;
	return false;
}

/* The token after the words of a cue from its place `k` on, the first of them at `i`; 0 if they are
 * not there. Few words, fewer gaps (compile.py sees to it): at most 4 * 4 ways. */
static unsigned match_from(const struct reading_tokens *t, const struct cue *c, unsigned k,
			   unsigned i)
{
	if (k == c->n)
		return i;
	const struct cue_word *w = &cues_words[c->first + k];
	for (unsigned gap = 0; gap <= w->gap; gap++, i++) {
		if (i >= reading_tokens_n(t) || token(t, i)->starts)
			return 0;
		if (stands_at(t, i, w->atom)) {
			unsigned end = match_from(t, c, k + 1, i + 1);
			if (end > 0)
				return end;
		}
	}
	return 0;
}

/* How far the cues of each family reach, so that "free trial" is not a "free" as well. */
struct reach {
	unsigned strong[READING_FAMILIES], weak[READING_FAMILIES];
};

/* What may stand at token `i`, or with a gap of so many before it: most cues end here. */
static void look_ahead(const struct reading_tokens *t, unsigned i, uint64_t may_be[GAPS])
{
	uint64_t so_far = 0;
	bool over = false;
	for (unsigned gap = 0; gap < GAPS; gap++, i++) {
		over = over || i >= reading_tokens_n(t) || token(t, i)->starts;
		if (!over)
			so_far |= token(t, i)->may_be;
		may_be[gap] = so_far;
	}
}

static bool may_go_on(const struct cue *c, const uint64_t next[GAPS])
{
	if (c->n < 2)
		return true;
	const struct cue_word *w = &cues_words[c->first + 1];
	return w->gap >= GAPS || (next[w->gap] & reading_atom_bit(w->atom));
}

/* The longest cue of each family and strength that begins with token `i`; false: none does, and
 * *here is as it was. */
static bool match_at(const struct reading_tokens *t, unsigned i, struct reach *here)
{
	const uint16_t *atoms = (const uint16_t *)(void *)t->atoms->data;
	uint64_t next[GAPS];
	bool found = false;
	look_ahead(t, i + 1, next);
	for (unsigned a = token(t, i)->atoms; a < token(t, i + 1)->atoms; a++) {
		unsigned end_cues = cues_by_atom[atoms[a] + 1];
		for (unsigned k = cues_by_atom[atoms[a]]; k < end_cues; k++) {
			const struct cue *c = &cues[k];
			if (!may_go_on(c, next))
				continue;
			if ((c->flags & CUE_START) && !token(t, i)->starts)
				continue;
			if (token(t, i)->quoted && c->family < READING_CUES)
				continue;
			unsigned *reach = (c->flags & CUE_STRONG) ? &here->strong[c->family]
								  : &here->weak[c->family];
			unsigned end = match_from(t, c, 1, i + 1);
			*reach = MAX(*reach, end);
			found = found || end > 0;
		}
	}
	return found;
}

static void count_here(struct reading_counts *c, const struct reach *here, struct reach *so_far,
		       unsigned i)
{
	for (unsigned f = 0; f < READING_FAMILIES; f++) {
		if (here->strong[f] > 0 && so_far->strong[f] <= i) {
			c->strong[f]++;
			so_far->strong[f] = here->strong[f];
		} else if (here->weak[f] > 0 && so_far->strong[f] <= i && so_far->weak[f] <= i) {
			c->weak[f]++;
			so_far->weak[f] = here->weak[f];
		}
	}
}

/* What is known of a sentence so far. */
struct sentence {
	unsigned words;
	bool marked; /* ends with a question mark */
	bool asks, small_talk;
};

/* A lone word asks nothing ("really?"). */
static void end_sentence(struct reading_counts *c, struct sentence *s)
{
	bool asks = s->asks || (s->marked && s->words > 1);

	c->asks = c->asks || (asks && !s->small_talk);
	*s = (struct sentence){ 0 };
}

static bool any(const struct reach *here, enum reading_family family)
{
	return here->strong[family] > 0 || here->weak[family] > 0;
}

struct reading_counts reading_count(const struct fold *f)
{
	struct reading_counts c = { 0 };
	struct reach so_far = { 0 }, here = { 0 };
	struct sentence sentence = { 0 };
	struct reading_tokens t;

	reading_tokens_init(&t, f->text);
	c.words = reading_tokens_n(&t);
	c.links = t.links;
	c.questions = t.questions;
	c.loud = t.loud;
	for (unsigned i = 0; i < c.words; i++) {
		if (token(&t, i)->starts)
			end_sentence(&c, &sentence);
		sentence.words++;
		sentence.marked = token(&t, i)->asked;
		if (token(&t, i)->atoms == token(&t, i + 1)->atoms)
			continue; /* in no cue */
		if (!match_at(&t, i, &here))
			continue;
		sentence.asks = sentence.asks || any(&here, READING_ASKS);
		sentence.small_talk = sentence.small_talk || any(&here, READING_ASKS_NOT);
		count_here(&c, &here, &so_far, i);
		here = (struct reach){ 0 };
	}
	end_sentence(&c, &sentence);
	reading_tokens_done(&t);
	return c;
}
