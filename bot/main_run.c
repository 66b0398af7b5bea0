/* kith run: the bot, as long as it may. */
#include "main.h"

#include "app/app.h"
#include "app/reload.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/notify.h"
#include "clock.h"
#include "config.h"
#include "transport.h"

#include <errno.h>
#include <signal.h>
#include <sysexits.h>

const struct transport_impl *const main_networks[] = { &transport_irc, &transport_matrix, NULL };

struct running {
	const char *file;
	struct loop *loop;
	struct notify *notify;
	struct app *app;
	struct loop_timer *leave; /* looks whether it can go; set once it is to */
	int64_t leave_by_us;      /* monotonic; 0: nobody has asked it to go */
	int status;
};

/* What has just been said is to be known as said, or the next start says it again; but a service
 * manager does not wait for ever. */
#define LEAVE_WITHIN_US (2 * CLOCK_US_PER_SECOND)
#define LOOK_EVERY_US   (20 * CLOCK_US_PER_SECOND / 1000)

/* The configuration and every secret it names, as config_load gives it. */
static int load(void *data, struct config **ret, char **ret_faults)
{
	const struct running *r = data;
	g_autofree char *faults = NULL, *not_given = NULL;
	struct config *config;
	int error = config_load(r->file, &config, ret_faults);

	if (error < 0)
		return error;
	error = config_secrets(config, &faults, &not_given);
	if (error < 0) {
		*ret_faults = g_strconcat(faults ? faults : "", not_given, NULL);
		config_free(config);
		return error;
	}
	*ret = config;
	return 0;
}

static const char *state_text(enum transport_state s)
{
	switch (s) {
	case TRANSPORT_CONNECTING:
		return "connecting";
	case TRANSPORT_ONLINE:
		return "online";
	case TRANSPORT_OFFLINE:
		return "lost, trying again";
	case TRANSPORT_FAILED:
		return "given up; see the log";
	}
	g_assert_not_reached();
}

static void tell_status(const struct running *r)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < r->app->links->len; i++) {
		const struct app_link *link = r->app->links->pdata[i];

		g_string_append_printf(text, "%s%s: %s", i ? ", " : "", link->transport->name,
				       state_text(link->state));
	}
	notify_status(r->notify, text->str);
}

static bool all_failed(const struct app *app)
{
	for (unsigned i = 0; i < app->links->len; i++) {
		const struct app_link *link = app->links->pdata[i];

		if (link->state != TRANSPORT_FAILED)
			return false;
	}
	return app->links->len > 0;
}

/* There is nobody left to talk to, and waiting will not mend it: whoever looks after the service is
 * to see that. */
static void changed(void *data)
{
	struct running *r = data;

	if (!r->app)
		return;
	tell_status(r);
	if (!all_failed(r->app) || r->status)
		return;
	log_error("every network has given up, see above; mend the configuration and start kith "
		  "again");
	r->status = EX_NOPERM;
	loop_quit(r->loop);
}

static void leave_soon(void *data)
{
	struct running *r = data;

	if (!r->app || app_settled(r->app) || clock_real()->mono_us(clock_real()) >= r->leave_by_us)
		loop_quit(r->loop);
	else
		loop_timer_set(r->leave, LOOK_EVERY_US);
}

/* Whoever asks a second time does not want to wait. */
static void leave(void *data)
{
	struct running *r = data;
	int64_t now_us = clock_real()->mono_us(clock_real());

	r->leave_by_us = r->leave_by_us ? now_us : now_us + LEAVE_WITHIN_US;
	leave_soon(r);
}

static void reload(void *data)
{
	struct running *r = data;
	g_autofree char *faults = NULL;

	notify_reloading(r->notify, clock_real()->mono_us(clock_real()));
	if (reload_read(r->app, &faults) == 0)
		reload_apply(r->app);
	notify_ready(r->notify);
}

/* Where the store cannot be opened, trying again by itself mends it only if another kith has it. */
static int status_of(int error)
{
	switch (-error) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case EACCES:
	case EPERM:
	case EROFS:
		return EX_CANTCREAT;
	case EPROTO: /* a store of something else */
		return EX_DATAERR;
	case EINVAL:
	case ENOTSUP:
		return EX_CONFIG;
	default:
		return EX_UNAVAILABLE;
	}
}

static void stay(struct running *r, const struct app_options *options)
{
	g_autofree char *error = NULL;
	int failed = app_open(options, &r->app, &error);

	if (failed < 0) {
		log_error("%s", error);
		r->status = status_of(failed);
		return;
	}
	notify_ready(r->notify);
	tell_status(r);
	loop_run(r->loop);
	notify_stopping(r->notify);
	app_close(r->app);
}

int main_run(const struct options *o)
{
	struct running r = { .file = main_config(o) };
	g_autofree char *faults = NULL;
	struct config *config;
	enum log_level level;

	r.loop = loop_new();
	/* It waits until the loop runs. */
	loop_on_signal(r.loop, SIGHUP, reload, &r);
	if (load(&r, &config, &faults) < 0) {
		loop_free(r.loop);
		return main_faulty(r.file, faults);
	}
	if (log_level_parse(config->log_level, &level) == 0)
		log_set_level(level);
	signal(SIGPIPE, SIG_IGN);
	r.notify = notify_new(r.loop);
	r.leave = loop_timer_new(r.loop, leave_soon, &r);
	loop_on_signal(r.loop, SIGTERM, leave, &r);
	loop_on_signal(r.loop, SIGINT, leave, &r);
	const struct app_options options = {
		.config = config,
		.store = config->store_path,
		.clock = clock_real(),
		.loop = r.loop,
		.transports = main_networks,
		.load = load,
		.changed = changed,
		.data = &r,
	};
	stay(&r, &options);
	notify_free(r.notify);
	loop_timer_free(r.leave);
	loop_free(r.loop);
	config_free(config);
	return r.status;
}
