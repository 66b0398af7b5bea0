/* kith check --connect: tries what the configuration says of each network, and leaves again. */
#include "main.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "config.h"
#include "transport.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define TRYING_MOST_US (60 * CLOCK_US_PER_SECOND)

/* Where to look, by kind. */
static const struct advice {
	const char *kind;
	const char *late, *unreached, *refused;
} advices[] = {
	{ "irc", "server, port and tls", "server, port, tls and ca-file",
	  "look at account, password-file, sasl and certificate, or ask the network's staff" },
	{ "matrix", "homeserver and proxy", "user, homeserver and proxy",
	  "mend what is said above, or ask whoever runs the homeserver" },
};

struct trial {
	struct trials *all;
	const struct config_section *section;
	const struct advice *advice;
	struct transport_env env;
	GPtrArray *rooms; /* of const char *, then a NULL; borrowed */
	struct transport *transport;
	struct loop_timer *end; /* a transport must not be closed from inside its own call */
	bool over;
	bool reached;  /* there is a step that went well */
	bool objected; /* something was wrong on the way */
	int status;
};

struct trials {
	const struct config *config;
	struct loop *loop;
	GPtrArray *list; /* of struct trial */
};

/* What the transports log of themselves is what there is to tell: "irc NAME: connected to ...".
 * What they would do next is not: here nothing comes next. */
static void listen(void *data, enum log_level level, const char *text)
{
	static const char *const nexts[] = { "; next try", "; kith does not try",
					     "; kith tries again" };
	const struct trials *all = data;
	g_autofree char *line = g_strdup(text);

	for (size_t i = 0; i < G_N_ELEMENTS(nexts); i++) {
		char *next = strstr(line, nexts[i]);
		if (next)
			*next = '\0';
	}
	for (unsigned i = 0; i < all->list->len; i++) {
		struct trial *t = all->list->pdata[i];
		g_autofree char *start =
			g_strdup_printf("%s %s: ", t->section->kind, t->section->name);

		if (t->over || level == LOG_LEVEL_DEBUG || !g_str_has_prefix(line, start))
			continue;
		t->objected = t->objected || level < LOG_LEVEL_INFO;
		t->reached = t->reached || level == LOG_LEVEL_INFO;
		printf("%s: %s\n", t->section->name, line + strlen(start));
		fflush(stdout);
	}
}

static void end(struct trial *t, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void end(struct trial *t, int status, const char *format, ...)
{
	va_list args;

	if (t->over)
		return;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	printf("%s: %s\n", t->section->name, text);
	fflush(stdout);
	t->over = true;
	t->status = status;
	loop_timer_set(t->end, 0);
}

static bool all_over(const struct trials *all)
{
	for (unsigned i = 0; i < all->list->len; i++) {
		const struct trial *t = all->list->pdata[i];
		if (!t->over || t->transport)
			return false;
	}
	return true;
}

/* Its time is up, or it has ended already. */
static void leave(void *data)
{
	struct trial *t = data;

	end(t, EX_UNAVAILABLE, "gave up after a minute; look at %s, and try again later",
	    t->advice->late);
	if (t->transport)
		t->transport->impl->close(t->transport);
	t->transport = NULL;
	loop_timer_set(t->end, -1);
	if (all_over(t->all))
		loop_quit(t->all->loop);
}

static void on_event(void *data, struct transport *transport, const struct event *e)
{
}

static void on_delivered(void *data, struct transport *transport, const char *key, int error)
{
}

static void on_state(void *data, struct transport *transport, enum transport_state s)
{
	struct trial *t = data;

	switch (s) {
	case TRANSPORT_CONNECTING:
		break;
	case TRANSPORT_ONLINE:
		if (t->objected)
			end(t, EX_UNAVAILABLE, "connected, but see above; mend that and try again");
		else
			end(t, 0, "all is well");
		break;
	case TRANSPORT_OFFLINE:
		if (t->reached)
			end(t, EX_UNAVAILABLE,
			    "reached, but it did not let kith in; mend what is said above, or try "
			    "again later");
		else
			end(t, EX_UNAVAILABLE,
			    "could not be reached; look at %s, and whether this machine may "
			    "connect to it",
			    t->advice->unreached);
		break;
	case TRANSPORT_FAILED:
		end(t, EX_NOPERM, "refused; %s", t->advice->refused);
		break;
	}
}

static struct trial *trial_new(struct trials *all, const struct config_section *section)
{
	static const struct transport_listener listener = { on_event, on_delivered, on_state };
	static const char *const nobody[] = { NULL };
	struct trial *t = g_new0(struct trial, 1);

	t->all = all;
	t->section = section;
	t->advice = advices;
	while (strcmp(t->advice->kind, section->kind) != 0)
		t->advice++;
	t->rooms = g_ptr_array_new();
	for (unsigned i = 0; i < all->config->groups->len; i++) {
		const struct config_group *group = all->config->groups->pdata[i];

		for (unsigned j = 0; j < group->places->len; j++) {
			const struct config_address *place = group->places->pdata[j];
			if (!strcmp(place->network, section->name))
				g_ptr_array_add(t->rooms, place->name);
		}
	}
	g_ptr_array_add(t->rooms, NULL);
	t->end = loop_timer_new(all->loop, leave, t);
	t->env = (struct transport_env){
		.loop = all->loop,
		.clock = clock_real(),
		.listener = &listener,
		.data = t,
		.rooms = (const char *const *)t->rooms->pdata,
		.inviters = nobody,
		.trial = true,
	};
	return t;
}

static void trial_free(void *data)
{
	struct trial *t = data;

	loop_timer_free(t->end);
	g_ptr_array_unref(t->rooms);
	g_free(t);
}

static void begin(struct trial *t)
{
	const struct transport_impl *const *impl = main_networks;

	while (strcmp((*impl)->kind, t->section->kind) != 0)
		impl++;
	if ((*impl)->open(&t->env, t->section, &t->transport) < 0)
		end(t, EX_CONFIG, "cannot be tried before that is mended");
	else
		loop_timer_set(t->end, TRYING_MOST_US);
	t->objected = t->reached = false; /* advice about the configuration is no obstacle */
}

int main_connect(const struct config *config)
{
	struct trials all = { .config = config, .loop = loop_new() };
	int status = 0;

	signal(SIGPIPE, SIG_IGN);
	all.list = g_ptr_array_new_with_free_func(trial_free);
	for (unsigned i = 0; i < config->networks->len; i++)
		g_ptr_array_add(all.list, trial_new(&all, config->networks->pdata[i]));
	log_listen(listen, &all);
	for (unsigned i = 0; i < all.list->len; i++)
		begin(all.list->pdata[i]);
	if (!all_over(&all))
		loop_run(all.loop);
	log_listen(NULL, NULL);
	for (unsigned i = 0; i < all.list->len; i++) {
		const struct trial *t = all.list->pdata[i];
		status = MAX(status, t->status); /* sysexits: the worse, the higher */
	}
	g_ptr_array_unref(all.list);
	loop_free(all.loop);
	return status;
}
