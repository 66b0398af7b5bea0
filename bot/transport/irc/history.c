#include "transport/irc/history.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "event.h"
#include "transport/irc/event_copy.h"
#include "transport/irc/irc.h"
#include "transport/irc/isupport.h"
#include "transport/irc/line.h"
#include "transport/irc/rooms.h"
#include "transport/irc/wire.h"

#include <string.h>

/* Who comes back after longer is told that it was missed. */
#define BACK_MOST_US CLOCK_US_PER_DAY
/* A line that comes late is answered all the same; older ones are somebody's playback. */
#define LATE_MOST_US (10 * CLOCK_US_PER_MINUTE)
/* Until the question has left our own queue, and its PING has come back. */
#define ASKING_MOST_US (2 * CLOCK_US_PER_MINUTE)

enum { PAGE_LINES = 100 }; /* where the server does not say how many it gives */

enum { ERR_NOSUCHCHANNEL = 403, ERR_UNKNOWNCOMMAND = 421 };

/* A room's past. Times are UTC microseconds, those marked so by the server's clock. */
struct past {
	struct irc *irc;
	struct room *room;
	bool *listening; /* the env's */
	bool inside;
	bool from_store;  /* what is known of the time before is from before this start */
	int64_t heard_us; /* until when kith was last inside, by its own clock; 0: never */
	int64_t line_us;  /* of the last line heard, server's; 0: none */

	/* While what was said before we entered is to come. */
	bool pending;
	bool asked;       /* for it, rather than waiting for the server to play it by itself */
	bool cut;         /* it goes back further than is asked for */
	int64_t from_us;  /* later than this, server's */
	int64_t until_us; /* but no later than we entered, server's: from there on it comes live */
	int64_t got_us;   /* the last of it, server's */
	unsigned pages;
	GPtrArray *lines; /* of char *: as they came */
	GQueue waiting;   /* of struct event: what was heard meanwhile */
	uint64_t fence;
	struct loop_timer *late;
};

struct batch {
	char *ref;
	bool history;      /* of the past, or inside of such */
	bool outermost;    /* of those */
	struct past *past; /* NULL: of no room of ours, or over */
};

struct history {
	GPtrArray *pasts;  /* of struct past, one a room */
	GPtrArray *open;   /* of struct batch, the oldest first */
	char *mask;        /* user@host as others see us; NULL: not seen yet */
	GHashTable *known; /* while replaying: ids that come live as well */
};

static int64_t wall_us(const struct irc *irc)
{
	return irc->env.clock->wall_us(irc->env.clock);
}

/* IRCv3 server-time; 0 where the line has none that can be read. */
static int64_t tagged_us(const struct line *l)
{
	const char *tag = line_tag(l, "time");
	g_autoptr(GDateTime) time = tag ? g_date_time_new_from_iso8601(tag, NULL) : NULL;
	if (!time)
		return 0;
	int64_t us = g_date_time_to_unix(time) * CLOCK_US_PER_SECOND;
	return MAX(us + g_date_time_get_microsecond(time), 0);
}

static char *timestamp(int64_t us)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(us / CLOCK_US_PER_SECOND);
	g_autofree char *second = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
	return g_strdup_printf("timestamp=%s.%03dZ", second,
			       (int)(us % CLOCK_US_PER_SECOND / 1000));
}

static struct past *past_of(const struct irc *irc, const struct room *room)
{
	const GPtrArray *pasts = irc->history->pasts;
	for (unsigned i = 0; room && i < pasts->len; i++) {
		struct past *p = g_ptr_array_index(pasts, i);
		if (p->room == room)
			return p;
	}
	return NULL;
}

static struct past *past_named(const struct irc *irc, const char *name)
{
	return past_of(irc, rooms_find(irc->rooms, name));
}

/* --- What waits --- */

static void hand_on(struct irc *irc, const struct event *e)
{
	irc->env.listener->event(irc->env.data, &irc->transport, e);
}

static void tell_missed(struct past *p, int64_t since_us)
{
	struct irc *irc = p->irc;
	g_autofree char *id = g_strdup_printf("%s/missed/%s/%" G_GINT64_FORMAT, irc->name,
					      p->room->name, since_us);
	const struct event e = {
		.kind = EVENT_MISSED,
		.id = id,
		.network = irc->name,
		.room = p->room->name,
		.shown = "",
		.text = "",
		.at_us = since_us,
		.trusted = true,
	};
	hand_on(irc, &e);
}

/* --- What has come --- */

static bool is_ours(const struct irc *irc, const struct line *l)
{
	if (!l->user || !l->host || !irc->history->mask)
		return false;
	g_autofree char *mask = g_strconcat(l->user, "@", l->host, NULL);
	return strcmp(mask, irc->history->mask) == 0 && irc_is_me(irc, l->nick);
}

/* Where to start. A kill leaves a cursor that may be a minute old; but where we have said something
 * ourselves we were there, and have heard what was said before it. */
static unsigned first_unheard(const struct past *p)
{
	for (unsigned i = p->from_store ? p->lines->len : 0; i > 0; i--) {
		const char *text = g_ptr_array_index(p->lines, i - 1);
		struct line *l;
		if (line_parse(text, strlen(text), &l) < 0)
			continue;
		bool ours = is_ours(p->irc, l);
		line_free(l);
		if (ours)
			return i;
	}
	return 0;
}

static void replay(struct past *p)
{
	struct history *h = p->irc->history;
	h->known = g_hash_table_new(g_str_hash, g_str_equal);
	for (GList *i = p->waiting.head; i; i = i->next)
		g_hash_table_add(h->known, (char *)((struct event *)i->data)->id);
	for (unsigned i = first_unheard(p); i < p->lines->len; i++) {
		const char *text = g_ptr_array_index(p->lines, i);
		struct line *l;
		if (line_parse(text, strlen(text), &l) < 0)
			continue;
		hear_past(p->irc, l);
		line_free(l);
	}
	g_clear_pointer(&h->known, g_hash_table_unref);
}

static void note_listening(struct past *p)
{
	if (p->listening)
		*p->listening = p->inside && !p->pending;
}

/* All there will be is here; `whole`: nothing is missing at its end. */
static void finish(struct past *p, bool whole)
{
	bool some = p->lines->len > 0;
	p->pending = p->asked = false;
	p->fence = 0;
	loop_timer_set(p->late, -1);
	if (some)
		log_info("irc %s: told what was said in %s meanwhile, %u lines", p->irc->name,
			 p->room->name, p->lines->len);
	replay(p);
	g_ptr_array_set_size(p->lines, 0);
	if (!whole || p->cut)
		tell_missed(p, some && !p->cut ? p->got_us : p->heard_us);
	p->from_store = false;
	struct event *e;
	while ((e = g_queue_pop_head(&p->waiting))) {
		hand_on(p->irc, e);
		event_free(e);
	}
	note_listening(p);
}

static void finish_here(struct past *p, bool whole)
{
	finish(p, whole);
	irc_room_settled(p->irc, p->room);
}

static void late(void *data)
{
	struct past *p = data;
	log_warning("irc %s: the server does not tell what was said in %s", p->irc->name,
		    p->room->name);
	finish_here(p, false);
}

/* --- Asking --- */

/* IRCv3 chathistory: CHATHISTORY AFTER. The PING behind it tells when it has reached the server. */
static bool ask(struct past *p)
{
	struct wire *w = p->irc->wire;
	int offered = wire_isupport(w)->chathistory;
	int most = HISTORY_LINES_MOST - (int)p->lines->len;
	g_autofree char *from = timestamp(p->from_us);
	g_autofree char *limit = g_strdup_printf("%d", MIN(offered ? offered : PAGE_LINES, most));
	if (wire_command(w, "CHATHISTORY", "AFTER", p->room->name, from, limit, NULL) < 0)
		return false;
	p->pages++;
	p->fence = wire_fence(w, "");
	loop_timer_set(p->late, ASKING_MOST_US);
	return true;
}

static void page_ended(struct past *p)
{
	bool news = p->got_us > p->from_us;
	if (!p->pending)
		return;
	if (!p->asked || !news) {
		finish_here(p, true);
		return;
	}
	/* A page may be short because of what is passed over in it: only an empty one is the last.
	 */
	p->from_us = p->got_us;
	if (p->lines->len == HISTORY_LINES_MOST || p->pages == HISTORY_PAGES_MOST || !ask(p))
		finish_here(p, false);
}

static void take(struct past *p, const struct line *l)
{
	int64_t at_us = tagged_us(l);
	if (!p->pending || at_us <= p->from_us || at_us > p->until_us ||
	    p->lines->len == HISTORY_LINES_MOST)
		return;
	p->got_us = MAX(p->got_us, at_us);
	if (strcmp(l->command, "PRIVMSG") == 0 && l->nick &&
	    past_named(p->irc, line_param(l, 0)) == p)
		g_ptr_array_add(p->lines, line_write(l));
}

static void entered(struct past *p, const struct line *l)
{
	struct irc *irc = p->irc;
	bool dated = wire_has(irc->wire, CAP_BATCH) && wire_has(irc->wire, CAP_SERVER_TIME);
	int64_t at_us = dated ? tagged_us(l) : 0;
	int64_t now_us = wall_us(irc);
	int64_t before_us = p->line_us ? p->line_us : p->heard_us;
	p->inside = true;
	/* Where JOIN has no time, what comes twice is known by its id. */
	p->until_us = at_us ? at_us : INT64_MAX;
	p->line_us = MAX(p->line_us, at_us);
	note_listening(p);
	if (before_us == 0)
		return;
	if (!dated) {
		tell_missed(p, p->heard_us);
		return;
	}
	p->pending = true;
	note_listening(p);
	p->asked = wire_has(irc->wire, CAP_CHATHISTORY);
	p->pages = 0;
	p->cut = p->heard_us < now_us - BACK_MOST_US;
	p->from_us = p->got_us = MAX(before_us, now_us - BACK_MOST_US);
	bool waiting = true;
	if (p->asked)
		waiting = ask(p);
	else if ((p->fence = wire_fence(irc->wire, "")))
		loop_timer_set(p->late, ASKING_MOST_US);
	if (!waiting || !p->fence)
		finish(p, false);
}

/* --- Batches (IRCv3 batch) --- */

static void batch_free(void *data)
{
	struct batch *b = data;
	g_free(b->ref);
	g_free(b);
}

static struct batch *batch_find(const struct history *h, const char *ref)
{
	for (unsigned i = 0; ref && i < h->open->len; i++) {
		struct batch *b = g_ptr_array_index(h->open, i);
		if (strcmp(b->ref, ref) == 0)
			return b;
	}
	return NULL;
}

static void batch_begins(struct irc *irc, const struct line *l, const char *ref)
{
	struct history *h = irc->history;
	const struct batch *around = batch_find(h, line_tag(l, "batch"));
	struct batch *b = g_new0(struct batch, 1);
	b->ref = g_strdup(ref);
	if (around && around->history) {
		b->history = true;
		b->past = around->past;
	} else if (strcmp(line_param(l, 1), "chathistory") == 0) {
		b->history = b->outermost = true;
		b->past = past_named(irc, line_param(l, 2));
	}
	if (h->open->len == HISTORY_BATCHES_MOST)
		g_ptr_array_remove_index(h->open, 0);
	g_ptr_array_add(h->open, b);
}

static void batch_ends(struct irc *irc, const char *ref)
{
	struct history *h = irc->history;
	struct batch *b = batch_find(h, ref);
	if (!b)
		return;
	struct past *p = b->outermost ? b->past : NULL;
	g_ptr_array_remove(h->open, b);
	if (p)
		page_ended(p);
}

static void heard_batch(struct irc *irc, const struct line *l)
{
	const char *ref = line_param(l, 0);
	if (*ref == '+')
		batch_begins(irc, l, ref + 1);
	else if (*ref == '-')
		batch_ends(irc, ref + 1);
}

/* The server plays it by itself, and has not come to the end. */
static bool is_being_told(const struct past *p)
{
	const GPtrArray *open = p->irc->history->open;
	for (unsigned i = 0; i < open->len; i++) {
		const struct batch *b = g_ptr_array_index(open, i);
		if (b->past == p)
			return true;
	}
	return false;
}

/* --- What else is heard --- */

/* FAIL CHATHISTORY INVALID_TARGET AFTER #makers :why, or an error of old. Where it names no room it
 * is about all we have asked for. */
static void heard_refusal(struct irc *irc, const struct line *l, int first)
{
	struct past *named = NULL;
	for (int i = first; i < l->n_params && !named; i++)
		named = past_named(irc, l->params[i]);
	for (unsigned i = 0; i < irc->history->pasts->len; i++) {
		struct past *p = g_ptr_array_index(irc->history->pasts, i);
		if (p->asked && (!named || named == p))
			finish_here(p, false);
	}
}

static void heard_join(struct irc *irc, const struct line *l)
{
	struct past *p = past_named(irc, line_param(l, 0));
	if (!p || p->inside || !l->nick || !irc_is_me(irc, l->nick))
		return;
	if (l->user && l->host) {
		g_free(irc->history->mask);
		irc->history->mask = g_strconcat(l->user, "@", l->host, NULL);
	}
	entered(p, l);
}

static void heard_message(struct irc *irc, const struct line *l)
{
	struct past *p = past_named(irc, line_param(l, 0));
	if (p && p->inside && wire_has(irc->wire, CAP_SERVER_TIME))
		p->line_us = MAX(p->line_us, tagged_us(l));
}

bool history_hear(struct irc *irc, const struct line *l)
{
	int numeric = line_numeric(l);
	if (strcmp(l->command, "BATCH") == 0) {
		heard_batch(irc, l);
		return true;
	}
	const struct batch *b = batch_find(irc->history, line_tag(l, "batch"));
	if (b && b->history) {
		if (b->past)
			take(b->past, l);
		return true;
	}
	if (strcmp(l->command, "JOIN") == 0)
		heard_join(irc, l);
	else if (strcmp(l->command, "PRIVMSG") == 0)
		heard_message(irc, l);
	else if (strcmp(l->command, "FAIL") == 0 && strcmp(line_param(l, 0), "CHATHISTORY") == 0)
		heard_refusal(irc, l, 2);
	else if (numeric == ERR_UNKNOWNCOMMAND && strcmp(line_param(l, 1), "CHATHISTORY") == 0)
		heard_refusal(irc, l, 2);
	else if (numeric == ERR_NOSUCHCHANNEL && past_named(irc, line_param(l, 1)))
		heard_refusal(irc, l, 1);
	return false;
}

int64_t history_at_us(const struct irc *irc, const struct line *l)
{
	int64_t now_us = wall_us(irc);
	bool replaying = history_replaying(irc);
	int64_t at_us = replaying || wire_has(irc->wire, CAP_SERVER_TIME) ? tagged_us(l) : 0;
	if (at_us == 0)
		return now_us;
	return CLAMP(at_us, replaying ? 0 : now_us - LATE_MOST_US, now_us);
}

bool history_replaying(const struct irc *irc)
{
	return irc->history->known;
}

void history_pass(struct irc *irc, const struct event *e)
{
	GHashTable *known = irc->history->known;
	struct past *p = e->room ? past_named(irc, e->room) : NULL;
	if (known) {
		if (!g_hash_table_contains(known, e->id))
			hand_on(irc, e);
		return;
	}
	if (p && p->waiting.length == HISTORY_LINES_MOST)
		finish_here(p, false);
	if (p && p->pending)
		g_queue_push_tail(&p->waiting, event_copy(e));
	else
		hand_on(irc, e);
}

bool history_pending(const struct irc *irc, const struct room *room)
{
	const struct past *p = past_of(irc, room);
	return p && p->pending;
}

void history_passed(struct irc *irc, uint64_t fence)
{
	for (unsigned i = 0; i < irc->history->pasts->len; i++) {
		struct past *p = g_ptr_array_index(irc->history->pasts, i);
		if (!p->pending || p->fence != fence)
			continue;
		if (p->asked || is_being_told(p))
			loop_timer_set(p->late, irc->answer_us);
		else
			finish_here(p, false);
	}
}

/* --- Coming and going --- */

static void leave(struct past *p, int64_t now_us)
{
	if (!p->inside)
		return;
	if (p->pending)
		finish(p, false);
	p->inside = false;
	p->heard_us = now_us;
	note_listening(p);
}

void history_left(struct irc *irc, const struct room *room)
{
	struct past *p = past_of(irc, room);
	if (p)
		leave(p, wall_us(irc));
}

void history_lost(struct irc *irc)
{
	/* Who was silent for longer than a living peer can be was gone before we noticed. */
	int64_t silent_us = irc_mono_us(irc) - wire_heard_us(irc->wire);
	int64_t gone_us = silent_us > wire_times_default.quiet_us ? silent_us : 0;
	for (unsigned i = 0; i < irc->history->pasts->len; i++)
		leave(g_ptr_array_index(irc->history->pasts, i), wall_us(irc) - gone_us);
	g_ptr_array_set_size(irc->history->open, 0);
	g_clear_pointer(&irc->history->mask, g_free);
}

static void past_free(void *data)
{
	struct past *p = data;
	g_ptr_array_unref(p->lines);
	g_queue_clear_full(&p->waiting, event_free);
	loop_timer_free(p->late);
	g_free(p);
}

void history_open(struct irc *irc)
{
	struct history *h = g_new0(struct history, 1);
	h->pasts = g_ptr_array_new_with_free_func(past_free);
	h->open = g_ptr_array_new_with_free_func(batch_free);
	for (unsigned i = 0; i < rooms_count(irc->rooms); i++) {
		struct past *p = g_new0(struct past, 1);
		p->irc = irc;
		p->room = rooms_at(irc->rooms, i);
		p->heard_us = irc->env.heard_us ? irc->env.heard_us[i] : 0;
		p->listening = irc->env.listening ? &irc->env.listening[i] : NULL;
		p->from_store = true;
		p->lines = g_ptr_array_new_with_free_func(g_free);
		p->late = loop_timer_new(irc->env.loop, late, p);
		g_ptr_array_add(h->pasts, p);
	}
	irc->history = h;
}

void history_close(struct irc *irc)
{
	struct history *h = irc->history;
	g_ptr_array_unref(h->pasts);
	g_ptr_array_unref(h->open);
	g_free(h->mask);
	g_free(h);
}
