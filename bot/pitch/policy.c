#include "pitch/policy.h"

#include <glib.h>

static struct policy_decision decide(enum policy_action action, enum policy_why why, bool keep)
{
	return (struct policy_decision){ action, why, keep, false };
}

/* A public line, unless enough has been said; the organizers then hear of it, once. */
static struct policy_decision decline(const struct policy_said *said, enum policy_why why)
{
	if (!said->to_person && !said->about_text && !said->place_full)
		return decide(POLICY_DECLINE, why, true);
	return decide(said->organizers ? POLICY_IGNORE : POLICY_HOLD, POLICY_WHY_SAID_ENOUGH, true);
}

static struct policy_decision for_stranger(const struct policy_case *c)
{
	if (c->history.held_in_30_days)
		return decide(POLICY_IGNORE, POLICY_WHY_HELD_ALREADY, true);
	if (c->history.answered_in_30_days)
		return decide(POLICY_HOLD, POLICY_WHY_AGAIN, true);
	return decline(&c->said, POLICY_WHY_FIRST);
}

static struct policy_decision for_member(const struct policy_case *c)
{
	if (!c->anybody_giving)
		return decide(POLICY_IGNORE, POLICY_WHY_NOBODY_GIVES, false);
	if (c->history.held_open)
		return decide(POLICY_IGNORE, POLICY_WHY_HELD_ALREADY, true);
	if (c->history.two_in_30_days)
		return decide(POLICY_HOLD, POLICY_WHY_THIRD, true);
	if (c->history.in_7_days)
		return decline(&c->said, POLICY_WHY_AGAIN);
	return decide(POLICY_NUDGE, POLICY_WHY_FIRST, true);
}

static struct policy_decision for_giving(const struct policy_case *c)
{
	if (c->history.two_in_7_days)
		return decide(c->history.nudged_in_a_day ? POLICY_IGNORE : POLICY_NUDGE,
			      POLICY_WHY_OVERDONE, true);
	return decide(POLICY_IGNORE, POLICY_WHY_GIVING, true);
}

static struct policy_decision for_pitch(const struct policy_case *c)
{
	switch (c->who) {
	case POLICY_STRANGER:
		return for_stranger(c);
	case POLICY_NEWCOMER:
	case POLICY_MEMBER:
		return for_member(c);
	case POLICY_GIVING:
		return for_giving(c);
	case POLICY_ORGANIZER:
		return decide(POLICY_IGNORE, POLICY_WHY_ORGANIZER, false);
	}
	g_assert_not_reached();
}

struct policy_decision policy_decide(const struct policy_case *c)
{
	bool observed = c->mode == CONFIG_PITCH_OBSERVE;
	struct policy_decision decision;

	if (c->mode == CONFIG_PITCH_OFF)
		return decide(POLICY_IGNORE, POLICY_WHY_OFF, false);
	if (c->reading == READING_OK)
		return decide(POLICY_IGNORE, POLICY_WHY_OK, false);
	if (c->context != POLICY_ORDINARY)
		return decide(POLICY_IGNORE, POLICY_WHY_CONTEXT, false);
	if (c->reading == READING_MAYBE)
		decision = decide(POLICY_IGNORE, POLICY_WHY_MAYBE, observed);
	else
		decision = for_pitch(c);
	decision.observed = observed;
	return decision;
}

const char *policy_action_name(enum policy_action action)
{
	switch (action) {
	case POLICY_IGNORE:
		return "ignore";
	case POLICY_NUDGE:
		return "nudge";
	case POLICY_DECLINE:
		return "decline";
	case POLICY_HOLD:
		return "hold";
	}
	g_assert_not_reached();
}
