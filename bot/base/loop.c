#include "loop.h"

#include <assert.h>
#include <glib-unix.h>
#include <glib.h>
#include <poll.h>
#include <stdbool.h>

/* GIOCondition is poll(2)'s own bits, so events pass through as they are. */
static_assert(G_IO_IN == POLLIN && G_IO_OUT == POLLOUT && G_IO_PRI == POLLPRI &&
		      G_IO_ERR == POLLERR && G_IO_HUP == POLLHUP && G_IO_NVAL == POLLNVAL,
	      "GLib polls with poll(2)'s bits");

struct loop {
	GMainContext *context;
	GPtrArray *signals; /* of GSource */
	bool quit;
};

/* Each watch is its own GSource. GLib holds a reference while it dispatches one, so a callback may
 * free its own watch, and a freed watch is never dispatched again. */
struct loop_fd {
	GSource source; /* first member: GLib allocates it */
	int fd;
	gpointer tag;
	void (*ready)(void *data, int fd, short revents);
	void *data;
};

struct loop_timer {
	GSource source; /* first member: GLib allocates it */
	void (*fire)(void *data);
	void *data;
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

struct loop *loop_new(void)
{
	struct loop *l = g_new0(struct loop, 1);

	l->context = g_main_context_new();
	l->signals = g_ptr_array_new_with_free_func(source_drop);
	return l;
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	g_ptr_array_unref(l->signals);
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
	f->ready = ready;
	f->data = data;
	f->tag = g_source_add_unix_fd(&f->source, fd, (GIOCondition)events);
	g_source_attach(&f->source, l->context);
	return f;
}

void loop_fd_want(struct loop_fd *f, short events)
{
	g_source_modify_unix_fd(&f->source, f->tag, (GIOCondition)events);
}

void loop_fd_free(struct loop_fd *f)
{
	if (f != NULL)
		source_drop(&f->source);
}

static gboolean timer_dispatch(GSource *source, GSourceFunc unused, gpointer unused_data)
{
	struct loop_timer *t = (struct loop_timer *)source;

	/* Disarmed before the callback, which may set it anew. */
	g_source_set_ready_time(source, -1);
	t->fire(t->data);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs timer_funcs = { .dispatch = timer_dispatch };

struct loop_timer *loop_timer_new(struct loop *l, void (*fire)(void *data), void *data)
{
	struct loop_timer *t =
		(struct loop_timer *)g_source_new(&timer_funcs, sizeof(struct loop_timer));

	t->fire = fire;
	t->data = data;
	g_source_attach(&t->source, l->context);
	return t;
}

void loop_timer_set(struct loop_timer *t, int64_t after_us)
{
	int64_t now_us = g_get_monotonic_time();

	if (after_us < 0)
		g_source_set_ready_time(&t->source, -1);
	else if (after_us > INT64_MAX - now_us)
		g_source_set_ready_time(&t->source, INT64_MAX);
	else
		g_source_set_ready_time(&t->source, now_us + after_us);
}

void loop_timer_free(struct loop_timer *t)
{
	if (t != NULL)
		source_drop(&t->source);
}

static gboolean signal_dispatch(gpointer data)
{
	struct signal_watch *w = data;

	w->got(w->data);
	return G_SOURCE_CONTINUE;
}

void loop_on_signal(struct loop *l, int signal, void (*got)(void *data), void *data)
{
	GSource *source = g_unix_signal_source_new(signal);
	struct signal_watch *w = g_new0(struct signal_watch, 1);

	w->got = got;
	w->data = data;
	g_source_set_callback(source, signal_dispatch, w, g_free);
	g_source_attach(source, l->context);
	g_ptr_array_add(l->signals, source);
}

void loop_run(struct loop *l)
{
	while (!l->quit)
		g_main_context_iteration(l->context, TRUE);
	l->quit = false;
}

void loop_quit(struct loop *l)
{
	l->quit = true;
}
