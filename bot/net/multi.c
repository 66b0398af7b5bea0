#include "net/multi.h"

#include "base/log.h"
#include "base/loop.h"

#include <assert.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <sysexits.h>

struct transfer {
	void (*done)(void *data, CURLcode result);
	void *data;
};

struct multi {
	struct multi *next;
	struct loop *loop;
	int references;
	CURLM *curl;
	struct loop_timer *timer;
	GHashTable *transfers; /* CURL * -> struct transfer */
};

/* One for each loop, and a process has one loop; a test may make several, one after the other. */
static struct multi *multis;

/* `done` may remove any transfer, this one or another, and put the multi: curl forgets the messages
 * of what is removed, and the caller holds a reference. */
static void finish(struct multi *m)
{
	CURLMsg *message;
	int left;
	while ((message = curl_multi_info_read(m->curl, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode result = message->data.result;
		struct transfer *t = g_hash_table_lookup(m->transfers, message->easy_handle);
		assert(t);
		t->done(t->data, result);
	}
}

static void act(struct multi *m, curl_socket_t fd, int events)
{
	m->references++;
	int running;
	CURLMcode code = curl_multi_socket_action(m->curl, fd, events, &running);
	if (code != CURLM_OK)
		die(EX_SOFTWARE, "curl_multi_socket_action: %s", curl_multi_strerror(code));
	finish(m);
	multi_put(m);
}

static void socket_ready(void *data, int fd, short revents)
{
	int events = (revents & POLLIN ? CURL_CSELECT_IN : 0) |
		     (revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
		     (revents & (POLLERR | POLLHUP) ? CURL_CSELECT_ERR : 0);
	act(data, fd, events);
}

static void timer_fired(void *data)
{
	act(data, CURL_SOCKET_TIMEOUT, 0);
}

/* CURLMOPT_SOCKETFUNCTION: `watch` is what an earlier call assigned to this socket. */
static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *watch)
{
	struct multi *m = data;
	if (what == CURL_POLL_REMOVE) {
		loop_fd_free(watch);
		return 0;
	}
	short events = (what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0);
	if (watch)
		loop_fd_want(watch, events);
	else
		curl_multi_assign(m->curl, fd, loop_fd_new(m->loop, fd, events, socket_ready, m));
	return 0;
}

/* CURLMOPT_TIMERFUNCTION: one deadline, each call replaces it, -1 deletes it. Curl must not be
 * entered from here, so even 0 goes through the loop. */
static int watch_timer(CURLM *curl, long timeout_ms, void *data)
{
	struct multi *m = data;
	loop_timer_set(m->timer, timeout_ms < 0 ? -1 : (int64_t)timeout_ms * 1000);
	return 0;
}

static struct multi *multi_new(struct loop *l)
{
	signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		die(EX_SOFTWARE, "curl_global_init failed");
	struct multi *m = g_new0(struct multi, 1);
	m->loop = l;
	m->transfers = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	m->timer = loop_timer_new(l, timer_fired, m);
	m->curl = curl_multi_init();
	if (!m->curl)
		die(EX_SOFTWARE, "curl_multi_init failed");
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, watch_timer);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
	m->next = multis;
	multis = m;
	return m;
}

struct multi *multi_get(struct loop *l)
{
	struct multi *m = multis;
	while (m && m->loop != l)
		m = m->next;
	if (!m)
		m = multi_new(l);
	m->references++;
	return m;
}

void multi_put(struct multi *m)
{
	if (!m || --m->references > 0)
		return;
	assert(g_hash_table_size(m->transfers) == 0);
	struct multi **at = &multis;
	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	/* Closing what curl kept open still calls watch_socket and watch_timer. */
	curl_multi_cleanup(m->curl);
	loop_timer_free(m->timer);
	g_hash_table_unref(m->transfers);
	g_free(m);
	curl_global_cleanup();
}

void multi_add(struct multi *m, CURL *easy, void (*done)(void *data, CURLcode result), void *data)
{
	struct transfer *t = g_new0(struct transfer, 1);
	t->done = done;
	t->data = data;
	g_hash_table_insert(m->transfers, easy, t);
	CURLMcode code = curl_multi_add_handle(m->curl, easy);
	if (code != CURLM_OK)
		die(EX_SOFTWARE, "curl_multi_add_handle: %s", curl_multi_strerror(code));
}

void multi_remove(struct multi *m, CURL *easy)
{
	if (g_hash_table_remove(m->transfers, easy))
		curl_multi_remove_handle(m->curl, easy);
}
