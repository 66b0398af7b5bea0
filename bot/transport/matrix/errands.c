#include "transport/matrix/errands.h"

#include "base/loop.h"
#include "clock.h"
#include "transport/matrix/api.h"

#include <errno.h>
#include <glib.h>

#define WAIT_FIRST_US CLOCK_US_PER_MINUTE
#define WAIT_MOST_US  CLOCK_US_PER_HOUR
/* What api tries by itself before an errand pauses, and others may have its turn. */
#define WITHIN_US (5 * CLOCK_US_PER_MINUTE)

struct errands {
	const struct clock *clock;
	struct api *api;
	struct loop_timer *timer;
	GHashTable *by_name; /* kind and what it is about -> struct errand */
	unsigned under_way;
	int64_t first_us, most_us; /* pauses */
};

static char *name_of(const struct errand_kind *kind, const char *about)
{
	return g_strdup_printf("%s %s", kind->name, about);
}

static int64_t now_us(const struct errands *all)
{
	return all->clock->mono_us(all->clock);
}

/* The one whose turn it is at `at_us`, or NULL. */
static struct errand *next_due(const struct errands *all, int64_t at_us)
{
	struct errand *best = NULL;
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, all->by_name);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		struct errand *e = value;

		if (e->call || e->due_us < 0 || e->due_us > at_us)
			continue;
		if (!best || e->rank < best->rank ||
		    (e->rank == best->rank && e->due_us < best->due_us))
			best = e;
	}
	return best;
}

static void arm(const struct errands *all)
{
	int64_t soonest_us = -1;
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, all->by_name);
	while (all->under_way < ERRANDS_UNDER_WAY_MOST &&
	       g_hash_table_iter_next(&i, NULL, &value)) {
		const struct errand *e = value;

		if (!e->call && e->due_us >= 0 && (soonest_us < 0 || e->due_us < soonest_us))
			soonest_us = e->due_us;
	}
	int64_t left_us = soonest_us - now_us(all);
	loop_timer_set(all->timer, soonest_us < 0 ? -1 : MAX(left_us, 0));
}

static void turn(void *data)
{
	struct errands *all = data;
	int64_t at_us = now_us(all);
	struct errand *e;

	while (all->under_way < ERRANDS_UNDER_WAY_MOST && (e = next_due(all, at_us))) {
		e->due_us = -1;
		e->kind->run(e);
	}
	arm(all);
}

struct errands *errands_new(struct loop *l, const struct clock *clock, struct api *api)
{
	struct errands *all = g_new0(struct errands, 1);

	all->clock = clock;
	all->api = api;
	all->timer = loop_timer_new(l, turn, all);
	all->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	errands_set_pauses(all, WAIT_FIRST_US, WAIT_MOST_US);
	return all;
}

void errands_set_pauses(struct errands *all, int64_t first_us, int64_t most_us)
{
	GHashTableIter i;
	void *value;

	all->first_us = first_us;
	all->most_us = most_us;
	g_hash_table_iter_init(&i, all->by_name);
	while (g_hash_table_iter_next(&i, NULL, &value))
		((struct errand *)value)->wait_us = first_us;
}

static void drop(struct errand *e)
{
	api_cancel(e->call);
	if (e->call)
		e->all->under_way--;
	g_free(e->about);
	g_free(e->said);
	e->kind->drop(e);
}

void errands_free(struct errands *all)
{
	GHashTableIter i;
	void *value;

	if (!all)
		return;
	g_hash_table_iter_init(&i, all->by_name);
	while (g_hash_table_iter_next(&i, NULL, &value))
		drop(value);
	g_hash_table_unref(all->by_name);
	loop_timer_free(all->timer);
	g_free(all);
}

struct errand *errands_find(const struct errands *all, const struct errand_kind *kind,
			    const char *about)
{
	g_autofree char *name = name_of(kind, about);

	return g_hash_table_lookup(all->by_name, name);
}

void errands_each(const struct errands *all, const struct errand_kind *kind,
		  void (*each)(struct errand *e, void *data), void *data)
{
	g_autoptr(GList) values = g_hash_table_get_values(all->by_name);

	for (const GList *i = values; i; i = i->next) {
		struct errand *e = i->data;

		if (e->kind == kind)
			each(e, data);
	}
}

void errand_add(struct errands *all, struct errand *e, const struct errand_kind *kind,
		const char *about)
{
	e->all = all;
	e->kind = kind;
	e->about = g_strdup(about);
	e->wait_us = all->first_us;
	g_hash_table_insert(all->by_name, name_of(kind, about), e);
	errand_put_off(e, 0);
}

void errand_put_off(struct errand *e, int64_t after_us)
{
	e->due_us = after_us < 0 ? -1 : now_us(e->all) + after_us;
	arm(e->all);
}

void errand_retry(struct errand *e)
{
	errand_put_off(e, e->wait_us);
	e->wait_us = MIN(2 * e->wait_us, e->all->most_us);
}

void errand_well(struct errand *e)
{
	e->wait_us = e->all->first_us;
	g_clear_pointer(&e->said, g_free);
}

bool errand_is_news(struct errand *e, const char *what)
{
	if (!g_strcmp0(e->said, what))
		return false;
	g_free(e->said);
	e->said = g_strdup(what);
	return true;
}

static void answered(void *data, const struct api_answer *a)
{
	struct errand *e = data;
	struct errands *all = e->all;

	e->call = NULL;
	all->under_way--;
	/* The session is over: that has been said, and is nothing against this errand. */
	if (a->error == -EACCES)
		errand_retry(e);
	else
		e->done(e, a);
	arm(all);
}

void errand_ask(struct errand *e, const char *path, json_t *body, int64_t answer_us,
		void (*done)(struct errand *e, const struct api_answer *a))
{
	struct api_request r = {
		.method = body ? "POST" : "GET",
		.path = path,
		.body = body,
		/* None of these has another effect the second time. */
		.retry = API_REPEAT,
		.answer_us = answer_us,
		.within_us = WITHIN_US,
		.raw = e->raw,
	};

	e->done = done;
	e->all->under_way++;
	e->call = api_send(e->all->api, &r, answered, e);
}

void errand_over(struct errand *e)
{
	struct errands *all = e->all;
	g_autofree char *name = name_of(e->kind, e->about);

	g_hash_table_remove(all->by_name, name);
	drop(e);
	arm(all);
}
