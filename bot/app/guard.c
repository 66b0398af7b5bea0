#include "app/guard.h"

#include "app/talk.h"
#include "base/text/text.h"
#include "circle/entries.h"
#include "circle/hashes.h"
#include "circle/launches.h"
#include "circle/people.h"
#include "circle/pitches.h"
#include "circle/places.h"
#include "circle/promotions.h"
#include "circle/rounds.h"
#include "circle/standing.h"
#include "circle/works.h"
#include "clock.h"
#include "pitch/fold.h"

#include <string.h>

#define BACKLOG_US (10 * CLOCK_US_PER_MINUTE)
/* What was asked before kith came may be answered for so long. */
#define UNKNOWN_QUESTIONS_US (30 * CLOCK_US_PER_MINUTE)
#define EDIT_WITHIN_US       CLOCK_US_PER_HOUR

/* A line that follows a judged one is a pitch of its own if it says this much; else it belongs to
 * that one ("DM me to book a slot"). */
enum { OWN_REASONS = 3, OWN_WORDS = 8, FEWER_REASONS = 2, MORE_WORDS = 12 };

/* Of a score: what several lines must make together. */
enum { JOINED_LEAST = 75 };

/* What is being looked at, between guard_hear and guard_judge. */
struct heard {
	struct talk_line *line; /* borrowed from the talk; NULL for an edit */
	struct fold fold;       /* of all of it */
	struct reading reading;
	char *key;   /* fold_key */
	bool quotes; /* some of it, which the reading passes over */
	bool continued;
	bool link;
};

/* What was made of it. */
struct judged {
	const struct reading *reading;
	struct policy_decision decision;
	struct policy_said said; /* before this */
};

struct guard {
	struct talk *talk;
	int64_t since_us;
	bool missed;
	struct heard heard;
};

static void heard_done(struct heard *h)
{
	fold_done(&h->fold);
	g_free(h->key);
	*h = (struct heard){ NULL };
}

struct guard *guard_new(int64_t since_us, bool missed)
{
	struct guard *g = g_new0(struct guard, 1);

	g->talk = talk_new();
	g->since_us = since_us;
	g->missed = missed;
	return g;
}

void guard_free(struct guard *g)
{
	if (!g)
		return;
	heard_done(&g->heard);
	talk_free(g->talk);
	g_free(g);
}

void guard_missed(struct guard *g, int64_t now_us)
{
	g->since_us = now_us;
	g->missed = true;
}

/* Folds and reads `text` in place of what was heard before. */
static void read_text(struct heard *h, const char *text)
{
	g_autofree char *unquoted = fold_unquoted(text);
	struct talk_line *line = h->line;

	heard_done(h);
	h->line = line;
	h->quotes = strcmp(unquoted, text) != 0;
	fold_init(&h->fold, unquoted);
	h->reading = reading_of(&h->fold);
	h->link = strstr(h->fold.text, "://") || strstr(h->fold.text, "www.");
}

static unsigned words_in(const char *text)
{
	unsigned n = 0;

	for (const char *p = text; *p; n++) {
		p += strspn(p, " \n");
		p += strcspn(p, " \n");
	}
	return n;
}

/* Whether it would be a pitch if nothing had been said before. */
static bool stands_alone(const struct heard *h)
{
	unsigned n = h->reading.n_reasons, words = words_in(h->fold.text);

	return h->reading.verdict == READING_PITCH && ((n >= OWN_REASONS && words >= OWN_WORDS) ||
						       (n >= FEWER_REASONS && words >= MORE_WORDS));
}

/* Of a line that still has its text. In a talk each is compared with the one before it. */
static const char *key_of(struct talk_line *line)
{
	struct fold folded;

	if (!line->key) {
		fold_init(&folded, line->text);
		line->key = fold_key(&folded);
		fold_done(&folded);
	}
	return line->key;
}

/* The key of what is heard, with all that is quoted in it. */
static const char *key_now(struct heard *h)
{
	if (h->quotes)
		return key_of(h->line);
	if (!h->line->key)
		h->line->key = fold_key(&h->fold);
	return h->line->key;
}

/* More of what was judged a moment ago, rather than that again or something else. */
static bool is_more(struct guard *g)
{
	struct heard *h = &g->heard;
	struct talk_line *judged = talk_continued(g->talk, h->line);

	return judged && !stands_alone(h) && !(judged->text && !strcmp(key_of(judged), key_now(h)));
}

/* Nothing of one line decides, but all its author has just said may, with this line to it. To put
 * together what was said apart takes more certainty. */
static void read_joined(struct guard *g)
{
	struct heard *h = &g->heard, joined = { .line = h->line };

	if (h->reading.verdict == READING_PITCH || (h->reading.score == 0 && !h->link))
		return;
	g_autofree char *text = talk_joined(g->talk, h->line);
	if (!text)
		return;
	read_text(&joined, text);
	if (joined.reading.score < JOINED_LEAST) {
		heard_done(&joined);
		return;
	}
	heard_done(h);
	*h = joined;
}

bool guard_hear(struct guard *g, const struct circle *c, const struct event *e)
{
	struct heard *h = &g->heard;

	h->line = NULL;
	read_text(h, e->text);
	h->line = talk_add(g->talk, e, c->now_us);
	h->line->introduces = h->reading.introduces;
	if (h->reading.verdict == READING_OK && h->reading.asks)
		talk_asks(h->line, h->fold.text);
	h->continued = is_more(g);
	if (h->continued)
		talk_judge(g->talk, h->line);
	else
		read_joined(g);
	return h->reading.verdict != READING_OK;
}

static enum policy_who who_is(struct circle *c, const struct event *e,
			      const struct pitches_author *a, const struct guard *g)
{
	const struct talk_line *line = g->heard.line;

	if (people_is_organizer(c->group, e->network, e->account))
		return POLICY_ORGANIZER;
	if (a->person && people_joined(c, a->person))
		return standing_of(c, a->person) == STANDING_GIVING ? POLICY_GIVING : POLICY_MEMBER;
	if (a->person && standing_reason(c, a->person) == STANDING_VOUCH)
		return POLICY_GIVING; /* who has left is still answered for */
	if (e->account && standing_stranger_vouched(c, e->network, e->account))
		return POLICY_GIVING;
	if (g->heard.reading.introduces || (line && talk_introduced(g->talk, line)) ||
	    pitches_introduced(c, a))
		return POLICY_NEWCOMER;
	return POLICY_STRANGER;
}

static bool is_answer(struct guard *g, const struct circle *c, const struct event *e, bool member)
{
	const struct heard *h = &g->heard;

	if (g->missed && h->link && c->now_us < g->since_us + UNKNOWN_QUESTIONS_US)
		return true;
	struct talk_doubt doubt = { .member = member, .complete = stands_alone(h) };
	return h->line && talk_answers(g->talk, h->line, e, h->fold.text, &doubt);
}

static bool round_is_open(struct circle *c)
{
	struct round r;

	return rounds_current(c, &r) && (r.state == ROUND_OPEN || r.state == ROUND_LAST_CALL);
}

/* A member's launch takes a slot of the week, so it is asked last; who only observes takes none. */
static bool has_slot(struct circle *c, int64_t person, bool observing)
{
	if (promotions_on(c, person))
		return true;
	return launches_now(c, person) &&
	       (observing ? !promotions_full(c) : promotions_take(c, person));
}

static enum policy_context context_of(struct guard *g, struct circle *c, const struct event *e,
				      const struct pitches_author *a, const char *text,
				      bool observing)
{
	const struct heard *h = &g->heard;
	bool member = a->person && people_joined(c, a->person);
	enum works_mention mention;

	if (e->direct)
		return POLICY_PRIVATE;
	if (c->run_us - c->now_us > BACKLOG_US)
		return POLICY_BACKLOG;
	if (circle_quiet_until(c) > c->now_us)
		return POLICY_QUIET;
	if (pitches_exempt(c, text))
		return POLICY_EXEMPT;
	if (pitches_allowed(c, a))
		return POLICY_ALLOWED;
	mention = works_mentioned(c, a->person, h->key);
	if (mention == WORKS_OTHERS)
		return POLICY_OTHERS_WORK;
	if (mention == WORKS_OWN && member && round_is_open(c))
		return POLICY_OWN_WORK;
	if (is_answer(g, c, e, member))
		return POLICY_ANSWER;
	if (h->continued)
		return POLICY_CONTINUED;
	if (h->reading.verdict == READING_PITCH && member && has_slot(c, a->person, observing))
		return POLICY_LAUNCH;
	return POLICY_ORDINARY;
}

static char *name_of(struct circle *c, const struct event *e, const struct pitches_author *a)
{
	if (a->person && people_joined(c, a->person))
		return people_name(c, a->person);
	g_autofree char *clean = text_line(e->shown);
	return text_clip(clean, CIRCLE_NAME_MOST);
}

/* Where to go instead, and how to object. */
static void say_how(struct circle *c, struct draft *d, int64_t person)
{
	if (!person || !people_joined(c, person))
		draft_say(d, "pitch.how-newcomer", NULL);
	else if (c->group->pitch.budget_per_week == 0)
		draft_say(d, "pitch.how-round", NULL);
	else if (promotions_full(c))
		draft_say(d, "pitch.how-full", NULL);
	else
		draft_say(d, "pitch.how-member", NULL);
	draft_say(d, "pitch.object", NULL);
}

/* In the room a reason or two are enough. */
static struct draft draft_decline(struct circle *c, bool member, const char *name,
				  const struct reading *reading)
{
	struct reading brief = *reading;
	struct draft d = draft_new(c);

	brief.n_reasons = MIN(brief.n_reasons, 2);
	g_autofree char *reasons = pitches_reasons_of(c, &brief);
	draft_say(&d, "pitch.decline", "name", name, "reasons", reasons, NULL);
	if (!member)
		draft_add(&d, "pitch.decline-newcomer", NULL);
	else if (c->group->pitch.budget_per_week == 0)
		draft_add(&d, "pitch.decline-round", NULL);
	else
		draft_add(&d, "pitch.decline-member", NULL);
	return d;
}

static bool is_member(struct circle *c, const struct pitches_author *a)
{
	return a->person && people_joined(c, a->person);
}

/* Somebody new to whom there is no way alone hears the one public line instead, if the room has not
 * heard enough of them. A member is spoken to alone or not at all. */
static void whisper(struct circle *c, const struct event *e, const struct pitches_author *a,
		    const char *name, const struct judged *j, struct draft *d)
{
	const struct policy_said *said = &j->said;

	if (is_member(c, a) || said->to_person || said->about_text || said->place_full) {
		voice_whisper_apart(c, e, d, NULL);
		return;
	}
	struct draft aloud = draft_decline(c, false, name, j->reading);
	voice_whisper_apart(c, e, d, &aloud);
}

static void nudge(struct circle *c, const struct event *e, const struct pitches_author *a,
		  const char *name, const char *reasons, const struct judged *j)
{
	struct draft d = draft_new(c);

	draft_say(&d, "pitch.nudge", "name", name, "reasons", reasons, NULL);
	if (j->decision.why == POLICY_WHY_OVERDONE) {
		draft_say(&d, "pitch.overdone", NULL);
		draft_say(&d, "pitch.object", NULL);
	} else {
		say_how(c, &d, a->person);
	}
	whisper(c, e, a, name, j, &d);
}

/* Kept under the case's own name, so that it is not told any more once the case is settled. */
static void hold(struct circle *c, const struct event *e, const char *name, const char *reasons,
		 enum policy_why why)
{
	g_autofree char *event = hashes_event(c, e->network, c->source);
	const char *source = c->source;
	struct draft d = draft_new(c);

	draft_say(&d, "pitch.held", "name", name, "place", e->room, "reasons", reasons, NULL);
	if (why == POLICY_WHY_SAID_ENOUGH)
		draft_add(&d, "pitch.held-crowded", NULL);
	draft_say(&d, "pitch.held-how", NULL);
	c->source = event;
	voice_organizers(c, &d, c->now_us + CIRCLE_TELL_LASTS_US);
	c->source = source;
}

static void act(struct circle *c, const struct event *e, const struct pitches_author *a,
		const struct judged *j)
{
	g_autofree char *name = name_of(c, e, a);
	g_autofree char *reasons = pitches_reasons_of(c, j->reading);
	int64_t said_us = c->now_us;
	struct draft d;

	/* What is answered at all is answered now, however long it was on its way. */
	c->now_us = c->run_us;
	switch (j->decision.action) {
	case POLICY_IGNORE:
		break;
	case POLICY_NUDGE:
		nudge(c, e, a, name, reasons, j);
		break;
	case POLICY_DECLINE:
		d = draft_decline(c, is_member(c, a), name, j->reading);
		voice_reply(c, e, &d);
		break;
	case POLICY_HOLD:
		hold(c, e, name, reasons, j->decision.why);
		break;
	}
	c->now_us = said_us;
}

/* The round is where an own work belongs; said once a round, unless it is there already. */
static void show_how(struct circle *c, const struct event *e, const struct pitches_author *a)
{
	struct round r;
	struct entry entry;

	if (!rounds_current(c, &r) || entries_of_person(c, r.id, a->person, &entry))
		return;
	g_autofree char *name = people_name(c, a->person);
	g_autofree char *cause =
		g_strdup_printf("show-how/%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT, r.id, a->person);
	struct circle once = *c;
	struct draft d = draft_new(c);

	once.cause = cause;
	once.ordinal = 0;
	draft_say(&d, "pitch.show-how", "name", name, NULL);
	voice_tell(&once, a->person, &d, r.closes_at_us);
}

static bool decide(struct guard *g, struct circle *c, const struct event *e,
		   enum config_pitch_mode mode, const struct pitches_author *a)
{
	struct heard *h = &g->heard;
	bool observing = mode == CONFIG_PITCH_OBSERVE;

	h->key = fold_key(&h->fold);
	g_autofree char *text = hashes_text(c, h->key);
	struct policy_case in = {
		.mode = mode,
		.reading = h->reading.verdict,
		.who = who_is(c, e, a, g),
		.context = context_of(g, c, e, a, text, observing),
		.anybody_giving = standing_anybody_giving(c),
		.history = pitches_history(c, a, observing),
		.said = pitches_said(c, a, e, text, observing),
	};
	struct judged j = { &h->reading, policy_decide(&in), in.said };

	if (in.context == POLICY_OWN_WORK && in.who != POLICY_ORGANIZER && !observing)
		show_how(c, e, a);
	if (!j.decision.keep)
		return false;
	c->about = a->person;
	pitches_keep(c, a, e, text, &h->reading, &j.decision);
	if (h->line)
		talk_judge(g->talk, h->line);
	if (!j.decision.observed)
		act(c, e, a, &j);
	return !j.decision.observed && j.decision.action != POLICY_IGNORE;
}

bool guard_judge(struct guard *g, struct circle *c, const struct event *e)
{
	PITCHES_AUTHOR_AUTO struct pitches_author a = pitches_author(c, e);
	enum config_pitch_mode mode = places_mode(c, e->network, e->room);

	return mode != CONFIG_PITCH_OFF && decide(g, c, e, mode, &a);
}

const struct talk_line *guard_line(struct guard *g, const struct event *e, const char *id)
{
	return id ? talk_find(g->talk, e, id) : NULL;
}

void guard_passed(struct guard *g, const struct circle *c, const struct event *e)
{
	struct talk_line *line = talk_add(g->talk, e, c->now_us);

	g_clear_pointer(&line->text, g_free);
}

void guard_edited(struct guard *g, struct circle *c, const struct event *e)
{
	PITCHES_AUTHOR_AUTO struct pitches_author a = pitches_author(c, e);
	struct talk_line *line = talk_find(g->talk, e, e->target);
	struct heard *h = &g->heard;

	h->line = NULL;
	read_text(h, e->text);
	if (h->reading.verdict != READING_PITCH) {
		pitches_withdraw(c, &a, e);
		return;
	}
	if (pitches_reopen(c, &a, e) || !line || line->edited || !talk_by(line, e) ||
	    line->at_us <= c->now_us - EDIT_WITHIN_US)
		return;
	line->edited = true;
	h->line = line;
	guard_judge(g, c, e);
}

void guard_deleted(struct circle *c, const struct event *e)
{
	PITCHES_AUTHOR_AUTO struct pitches_author a = pitches_author(c, e);

	pitches_withdraw(c, &a, e);
}
