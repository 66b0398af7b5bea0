#include "transport/log/who.h"

#include "base/text/text.h"
#include "clock.h"

struct who {
	GTimeZone *zone;
	GHashTable *people; /* folded account -> struct person */
	GHashTable *behind; /* folded nick, changed to from another -> struct person, borrowed */
};

static void person_free(void *data)
{
	struct person *p = data;
	g_free(p->account);
	g_free(p);
}

struct who *who_new(GTimeZone *zone)
{
	struct who *w = g_new0(struct who, 1);
	w->zone = g_time_zone_ref(zone);
	w->people = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, person_free);
	w->behind = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return w;
}

void who_free(struct who *w)
{
	if (!w)
		return;
	g_time_zone_unref(w->zone);
	g_hash_table_unref(w->behind);
	g_hash_table_unref(w->people);
	g_free(w);
}

struct person *who_account(struct who *w, const char *account)
{
	g_autofree char *fold = text_fold(account);
	struct person *p = g_hash_table_lookup(w->people, fold);
	if (!p) {
		p = g_new0(struct person, 1);
		p->account = g_strdup(account);
		p->last_day = INT64_MIN;
		g_hash_table_insert(w->people, g_steal_pointer(&fold), p);
	}
	return p;
}

static struct person *behind(struct who *w, const char *nick)
{
	g_autofree char *fold = text_fold(nick);
	struct person *p = g_hash_table_lookup(w->behind, fold);
	return p ? p : who_account(w, nick);
}

struct person *who_line(struct who *w, const struct log_line *line)
{
	return line->account ? who_account(w, line->account) : behind(w, line->nick);
}

void who_moved(struct who *w, const struct log_line *line)
{
	if (line->account)
		return;
	struct person *p = behind(w, line->nick);
	g_autofree char *old = text_fold(line->nick);
	g_hash_table_remove(w->behind, old);
	if (line->kind != LOG_LINE_NICK)
		return;
	g_autofree char *new = text_fold(line->text);
	struct person *known = g_hash_table_lookup(w->people, new);
	if (known && (known->spoke || known->member))
		g_hash_table_remove(w->behind, new);
	else
		g_hash_table_insert(w->behind, g_steal_pointer(&new), p);
}

static int64_t day_of(const struct who *w, int64_t at_us)
{
	int64_t s = at_us / CLOCK_US_PER_SECOND;
	int interval = g_time_zone_find_interval(w->zone, G_TIME_TYPE_UNIVERSAL, s);
	s += g_time_zone_get_offset(w->zone, interval);
	return s / (CLOCK_US_PER_DAY / CLOCK_US_PER_SECOND);
}

bool who_spoke(struct who *w, struct person *p, int64_t at_us)
{
	int64_t day = day_of(w, at_us);
	p->spoke = true;
	if (p->last_day == day || p->days == WHO_DAYS)
		return false;
	p->last_day = day;
	return ++p->days == WHO_DAYS;
}
