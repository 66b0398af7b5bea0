/* The seam between the bot and a network: three verbs down, three calls up. */
#ifndef KITH_TRANSPORT_H
#define KITH_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

struct clock;
struct config_section;
struct db;
struct event;
struct loop;
struct post;
struct transport;

enum transport_state {
	TRANSPORT_CONNECTING, /* nothing can be said yet */
	TRANSPORT_ONLINE,     /* registered, in its rooms, and what was missed has been handed on */
	TRANSPORT_OFFLINE,    /* lost; it comes back by itself */
	TRANSPORT_FAILED,     /* given up (a refused password): the log says what to mend */
};

/* transport -> bot. Arguments live until return. Never called from inside open, send or close. */
struct transport_listener {
	void (*event)(void *data, struct transport *t, const struct event *e);
	/* The network has the post (`error` 0), did not take it this time (-EAGAIN; -ENOENT: that
	 * person was gone), or will never take it (other -errno). Exactly one call for each
	 * accepted send, unless the connection ends first: then the post is sent again later. */
	void (*delivered)(void *data, struct transport *t, const char *post_key, int error);
	void (*state)(void *data, struct transport *t, enum transport_state s);
};

/* What a transport lives on; borrowed, and outlives it. */
struct transport_env {
	struct loop *loop;
	const struct clock *clock;
	const struct transport_listener *listener;
	void *data;               /* handed to every listener call */
	const char *const *rooms; /* the configured rooms of this network, NULL-terminated */
	/* Of each room: when kith last listened there before this start, UTC microseconds; 0:
	 * never. NULL: nowhere.
	 */
	const int64_t *heard_us;
	/* Of each room: whether kith is in it and has told all that was said. The transport keeps
	 * it so; NULL: nobody asks. */
	bool *listening;
	const char *const *inviters; /* accounts that may invite it, NULL-terminated */
	const char *refusal;         /* what anybody else who invites it is told; plain text */
	struct db *db;               /* for what must be kept between two starts; NULL in a trial */
	bool trial;    /* kith check: looks, says nothing, and takes nothing from anybody, such as a
			  nick or a running kith's session */
	void *context; /* the console's world; NULL for real networks */
};

/* bot -> transport. Reconnecting, rate limits, splitting and encryption live behind `send`. */
struct transport_impl {
	const char *kind; /* "irc", "matrix", "console" */
	/* The network refuses a post key it has seen, so sending again after a crash is harmless.
	 */
	bool idempotent;
	/* 0, or -errno with the reason logged; connects in its own time afterwards. */
	int (*open)(const struct transport_env *env, const struct config_section *c,
		    struct transport **ret);
	/* 0: taken, `delivered` will follow. -EAGAIN: not now (offline, full), offer it again after
	 * the next `state` or `delivered`. -ENOENT: that person is not here now. Other -errno:
	 * never. */
	int (*send)(struct transport *t, const struct post *p);
	/* Says goodbye where the network knows how, frees `t`. NULL is fine. */
	void (*close)(struct transport *t);
};

/* First member of every transport's own struct. */
struct transport {
	const struct transport_impl *impl;
	const char *name; /* the configured network name */
};

extern const struct transport_impl transport_irc, transport_matrix;

#endif
