#include "loop.h"

#include "log.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

/* GIOCondition is poll(2)'s own bits, so events pass through as they are. */
static_assert(G_IO_IN == POLLIN && G_IO_OUT == POLLOUT && G_IO_PRI == POLLPRI &&
		      G_IO_ERR == POLLERR && G_IO_HUP == POLLHUP && G_IO_NVAL == POLLNVAL,
	      "GLib polls with poll(2)'s bits");

/* What is set to at once needs no poll before it: an answer is decided on, sent off, and curl told
 * to do so, each by such a timer. But descriptors must not wait for ever. */
enum { AT_ONCE_TURNS = 2 };

struct loop {
	GMainContext *context;
	struct timers *timers;
	GHashTable *signals; /* signal -> struct signal_watch */
	int signals_fd;      /* signalfd(2), -1 until the first */
	struct loop_fd *signals_ready;
	bool quit;
};

/* Each watch is its own GSource. GLib holds a reference while it dispatches one, so a callback may
 * free its own watch, and a freed watch is never dispatched again. */
struct loop_fd {
	GSource source; /* first member: GLib allocates it */
	int fd;
	short events;
	gpointer tag;
	void (*ready)(void *data, int fd, short revents);
	void *data;
};

struct loop_timer {
	struct loop *loop;
	int64_t due_us; /* monotonic */
	uint64_t turn;  /* in which of the loop's turns it was set */
	bool armed;
	void (*fire)(void *data);
	void *data;
};

/* All timers are one GSource that tells GLib how long it may sleep: a source each would write to
 * GLib's eventfd, and so wake the loop once for nothing, whenever it is set. */
struct timers {
	GSource source; /* first member: GLib allocates it */
	GPtrArray *armed;
	uint64_t turn;
};

struct signal_watch {
	void (*got)(void *data);
	void *data;
};

static void source_drop(void *source)
{
	g_source_destroy(source);
	g_source_unref(source);
}

/* Nobody runs the loop from inside it. GLib, not told so, takes a source's descriptors out of its
 * set while it dispatches the source and puts them back, and wakes itself up twice for that. */
static void attach(GSource *source, struct loop *l)
{
	g_source_set_can_recurse(source, TRUE);
	g_source_attach(source, l->context);
}

static int64_t next_due_us(const struct timers *timers)
{
	int64_t due_us = INT64_MAX;

	for (unsigned i = 0; i < timers->armed->len; i++) {
		const struct loop_timer *t = timers->armed->pdata[i];
		due_us = MIN(due_us, t->due_us);
	}
	return due_us;
}

static gboolean timers_prepare(GSource *source, int *ret_wait_ms)
{
	int64_t due_us = next_due_us((struct timers *)source);
	int64_t left_us = due_us - g_source_get_time(source);

	if (due_us == INT64_MAX)
		*ret_wait_ms = -1;
	else
		*ret_wait_ms = (int)CLAMP((left_us + 999) / 1000, 0, INT_MAX);
	return left_us <= 0;
}

static gboolean timers_check(GSource *source)
{
	return next_due_us((struct timers *)source) <= g_source_get_time(source);
}

static void disarm(struct loop_timer *t)
{
	if (t->armed)
		g_ptr_array_remove_fast(t->loop->timers->armed, t);
	t->armed = false;
}

/* The earliest that is due and was not set only now: what a callback sets to at once waits for its
 * own turn, so that descriptors have theirs. */
static struct loop_timer *take_due(struct timers *timers, int64_t now_us, uint64_t turn)
{
	struct loop_timer *first = NULL;

	for (unsigned i = 0; i < timers->armed->len; i++) {
		struct loop_timer *t = timers->armed->pdata[i];

		if (t->due_us <= now_us && t->turn < turn && (!first || t->due_us < first->due_us))
			first = t;
	}
	return first;
}

static void fire_due(struct timers *timers, int64_t now_us)
{
	uint64_t turn = ++timers->turn;
	struct loop_timer *t;

	/* Disarmed before the callback, which may set it anew, or free it or any other. */
	while ((t = take_due(timers, now_us, turn))) {
		disarm(t);
		t->fire(t->data);
	}
}

static gboolean timers_dispatch(GSource *source, GSourceFunc unused, gpointer unused_data)
{
	fire_due((struct timers *)source, g_source_get_time(source));
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs timers_funcs = { .prepare = timers_prepare,
				     .check = timers_check,
				     .dispatch = timers_dispatch };

struct loop *loop_new(void)
{
	struct loop *l = g_new0(struct loop, 1);

	l->context = g_main_context_new();
	l->timers = (struct timers *)g_source_new(&timers_funcs, sizeof(struct timers));
	l->timers->armed = g_ptr_array_new();
	attach(&l->timers->source, l);
	l->signals = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	l->signals_fd = -1;
	return l;
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	/* They stay blocked: one that comes while the process is leaving must not kill it. */
	loop_fd_free(l->signals_ready);
	if (l->signals_fd >= 0)
		close(l->signals_fd);
	g_hash_table_unref(l->signals);
	g_ptr_array_unref(l->timers->armed);
	source_drop(l->timers);
	g_main_context_unref(l->context);
	g_free(l);
}

static gboolean fd_dispatch(GSource *source, GSourceFunc unused, gpointer unused_data)
{
	struct loop_fd *f = (struct loop_fd *)source;

	f->ready(f->data, f->fd, (short)g_source_query_unix_fd(source, f->tag));
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs fd_funcs = { .dispatch = fd_dispatch };

struct loop_fd *loop_fd_new(struct loop *l, int fd, short events,
			    void (*ready)(void *data, int fd, short revents), void *data)
{
	struct loop_fd *f = (struct loop_fd *)g_source_new(&fd_funcs, sizeof(struct loop_fd));

	f->fd = fd;
	f->events = events;
	f->ready = ready;
	f->data = data;
	f->tag = g_source_add_unix_fd(&f->source, fd, (GIOCondition)events);
	attach(&f->source, l);
	return f;
}

void loop_fd_want(struct loop_fd *f, short events)
{
	if (events == f->events)
		return; /* GLib would wake itself up for nothing */
	f->events = events;
	g_source_modify_unix_fd(&f->source, f->tag, (GIOCondition)events);
}

void loop_fd_free(struct loop_fd *f)
{
	if (f != NULL)
		source_drop(&f->source);
}

struct loop_timer *loop_timer_new(struct loop *l, void (*fire)(void *data), void *data)
{
	struct loop_timer *t = g_new0(struct loop_timer, 1);

	t->loop = l;
	t->fire = fire;
	t->data = data;
	return t;
}

void loop_timer_set(struct loop_timer *t, int64_t after_us)
{
	int64_t now_us = g_get_monotonic_time();

	disarm(t);
	if (after_us < 0)
		return;
	t->due_us = after_us > INT64_MAX - 1 - now_us ? INT64_MAX - 1 : now_us + after_us;
	t->turn = t->loop->timers->turn;
	t->armed = true;
	g_ptr_array_add(t->loop->timers->armed, t);
}

void loop_timer_free(struct loop_timer *t)
{
	if (t == NULL)
		return;
	disarm(t);
	g_free(t);
}

static void signals_ready(void *data, int fd, short revents)
{
	struct loop *l = data;
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	struct signal_watch *w =
		g_hash_table_lookup(l->signals, GINT_TO_POINTER((int)info.ssi_signo));
	w->got(w->data);
}

void loop_on_signal(struct loop *l, int signal, void (*got)(void *data), void *data)
{
	struct signal_watch *w = g_new0(struct signal_watch, 1);
	GHashTableIter iter;
	gpointer number;
	sigset_t ours;

	w->got = got;
	w->data = data;
	g_hash_table_insert(l->signals, GINT_TO_POINTER(signal), w);
	sigemptyset(&ours);
	g_hash_table_iter_init(&iter, l->signals);
	while (g_hash_table_iter_next(&iter, &number, NULL))
		sigaddset(&ours, GPOINTER_TO_INT(number));
	/* Threads that libraries start inherit the mask, so a signal is never theirs. */
	pthread_sigmask(SIG_BLOCK, &ours, NULL);
	l->signals_fd = signalfd(l->signals_fd, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
	if (l->signals_fd < 0)
		die(EX_OSERR, "signalfd: %s", g_strerror(errno));
	if (!l->signals_ready)
		l->signals_ready = loop_fd_new(l, l->signals_fd, POLLIN, signals_ready, l);
}

void loop_run(struct loop *l)
{
	while (!l->quit) {
		g_main_context_iteration(l->context, TRUE);
		for (int i = 0; i < AT_ONCE_TURNS && !l->quit; i++)
			fire_due(l->timers, g_get_monotonic_time());
	}
	l->quit = false;
}

void loop_quit(struct loop *l)
{
	l->quit = true;
}
