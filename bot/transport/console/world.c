#include "transport/console/world.h"

#include "clock.h"
#include "transport/console/print.h"
#include "transport/console/room.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct world {
	struct world_options options; /* with strings of its own */
	struct printer printer;
	struct room *room;
	bool quiet;
	unsigned line;
	const struct console_host *host; /* NULL: nobody plays */
	GQueue happenings;               /* of struct happening, not heard yet */

	GPtrArray *posts;     /* the keys of the posts taken, in order */
	GHashTable *keys;     /* the same as a set */
	GQueue confirmations; /* those whose `delivered` is due; borrowed */

	const struct transport_env *env; /* NULL: no bot is there */
	struct transport *transport;
	bool online;
};

struct world *world_new(const struct world_options *options)
{
	struct world *w = g_new0(struct world, 1);
	w->options = *options;
	w->options.zone = g_time_zone_ref(options->zone);
	w->options.network = g_strdup(options->network);
	w->options.room = g_strdup(options->room);
	w->options.nick = g_strdup(options->nick);
	w->quiet = options->quiet_echo;
	w->room = room_new(&w->options);
	w->posts = g_ptr_array_new_with_free_func(g_free);
	w->keys = g_hash_table_new(g_str_hash, g_str_equal);
	printer_init(&w->printer, options->out, w->options.zone, options->json);
	return w;
}

void world_free(struct world *w)
{
	if (w == NULL)
		return;
	assert(w->env == NULL);
	for (struct happening *h; (h = g_queue_pop_head(&w->happenings)) != NULL;)
		happening_free(h);
	g_queue_clear(&w->confirmations);
	g_hash_table_unref(w->keys);
	g_ptr_array_unref(w->posts);
	room_free(w->room);
	g_time_zone_unref(w->options.zone);
	g_free((char *)w->options.network);
	g_free((char *)w->options.room);
	g_free((char *)w->options.nick);
	g_free(w);
}

const struct world_options *world_options(const struct world *w)
{
	return &w->options;
}

int64_t world_now_us(const struct world *w)
{
	return w->options.clock->now_us;
}

void world_at_line(struct world *w, unsigned line)
{
	w->line = line;
}

void world_quiet(struct world *w, bool quiet)
{
	w->quiet = quiet;
}

bool world_is_quiet(const struct world *w)
{
	return w->quiet;
}

void world_attach(struct world *w, const struct console_host *host)
{
	w->host = host;
}

void world_remark(struct world *w, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	print_remark(&w->printer, world_now_us(w), what);
}

/* --- what people do --- */

int world_enter(struct world *w, const char *name, char **ret_error)
{
	return room_come_in(w->room, name, ret_error);
}

char **world_present(const struct world *w)
{
	return room_present(w->room);
}

static void echo(struct world *w, const struct script_line *line)
{
	g_autofree char *head = NULL;
	if (line->verb == SCRIPT_WHISPERS)
		head = g_strdup_printf("%s>>%s: ", line->who, w->options.nick);
	else if (line->verb == SCRIPT_SAYS)
		head = g_strdup_printf("%s: ", line->who);
	else if (line->verb == SCRIPT_REPLIES)
		head = g_strdup_printf("%s replies %s: ", line->who, line->whom);
	else if (line->verb == SCRIPT_REACTS)
		head = g_strdup_printf("%s reacts %s: ", line->who, line->whom);
	else if (line->verb == SCRIPT_EDITS)
		head = g_strdup_printf("%s edits: ", line->who);
	else
		head = script_format(line);
	print_said(&w->printer, world_now_us(w), head, line->text != NULL ? line->text : "");
}

int world_act(struct world *w, const struct script_line *line, char **ret_error)
{
	struct happening *h;
	int r = room_act(w->room, line, world_now_us(w), &h, ret_error);
	if (r < 0)
		return r;
	if (!w->quiet)
		echo(w, line);
	g_queue_push_tail(&w->happenings, h);
	return 0;
}

/* --- what the bot hears --- */

static bool is_cut(const struct world *w)
{
	return w->env == NULL || (w->host != NULL && w->host->crashed(w->host->data));
}

/* An event stays until the bot has come back from it. */
static bool hand_on(struct world *w)
{
	struct happening *h = g_queue_peek_head(&w->happenings);
	if (h == NULL)
		return false;
	h->handed = true;
	h->event.backlog = world_now_us(w) - h->event.at_us >= CLOCK_US_PER_SECOND;
	w->env->listener->event(w->env->data, w->transport, &h->event);
	if (!is_cut(w))
		happening_free(g_queue_pop_head(&w->happenings));
	return true;
}

static bool confirm(struct world *w)
{
	const char *key = g_queue_pop_head(&w->confirmations);
	if (key == NULL)
		return false;
	w->env->listener->delivered(w->env->data, w->transport, key, 0);
	return true;
}

void world_connect(struct world *w)
{
	for (unsigned i = 0; i < w->posts->len && !is_cut(w); i++)
		w->env->listener->delivered(w->env->data, w->transport,
					    g_ptr_array_index(w->posts, i), 0);
	while (!is_cut(w) && hand_on(w))
		;
	if (is_cut(w))
		return;
	w->online = true;
	w->env->listener->state(w->env->data, w->transport, TRANSPORT_ONLINE);
}

bool world_pump(struct world *w)
{
	bool did = false;
	while (w->online && !is_cut(w) && (hand_on(w) || confirm(w)))
		did = true;
	return did;
}

void world_settled(struct world *w)
{
	struct happening *h = g_queue_peek_head(&w->happenings);
	if (h != NULL && h->handed)
		happening_free(g_queue_pop_head(&w->happenings));
}

void world_open(struct world *w, const struct transport_env *env, struct transport *t)
{
	assert(w->env == NULL);
	w->env = env;
	w->transport = t;
}

void world_close(struct world *w)
{
	g_queue_clear(&w->confirmations);
	w->env = NULL;
	w->transport = NULL;
	w->online = false;
}

/* --- what the bot says --- */

/* Whom a private post goes to. A nick alone may be anybody's: whoever is known by it. */
static char *recipient(const struct world *w, const struct post *post)
{
	if (post->account != NULL)
		return g_strdup(post->account);
	g_autofree char *stranger = g_strconcat("~", post->shown, NULL);
	if (!room_knows(w->room, stranger) && room_knows(w->room, post->shown))
		return g_strdup(post->shown);
	return g_steal_pointer(&stranger);
}

/* `to` is NULL for the room. */
static void print_post(struct world *w, const struct post *post, const char *to)
{
	g_autofree char *text = post_plain(post->markup);
	if (w->printer.json) {
		struct print_post printed = {
			.line = w->line,
			.at_us = world_now_us(w),
			.to = to != NULL ? to : "room",
			.reply_to = post->reply_to != NULL ? room_author(w->room, post->reply_to)
							   : NULL,
			.text = text,
			.word = post->word,
		};
		print_json(&w->printer, &printed);
		return;
	}
	g_autofree char *head =
		g_strdup_printf("%s%s%s%s: ", w->options.nick, to != NULL ? ">>" : "",
				to != NULL ? to : "", post->edits != NULL ? " edits" : "");
	print_said(&w->printer, world_now_us(w), head, text);
	if (post->attachment != NULL) {
		g_autofree char *file = g_path_get_basename(post->attachment);
		world_remark(w, "%s attaches %s", w->options.nick, file);
	}
}

int world_take(struct world *w, const struct post *post)
{
	if (is_cut(w) || !w->online)
		return -EAGAIN;
	if (post->room != NULL && strcmp(post->room, w->options.room) != 0)
		return -EINVAL;
	char *key = g_hash_table_lookup(w->keys, post->key);
	if (key == NULL) {
		g_autofree char *to = post->room == NULL ? recipient(w, post) : NULL;
		/* Somebody the script has not mentioned is there, but silent. */
		if (to != NULL && room_has_left(w->room, to))
			return -ENOENT;
		key = g_strdup(post->key);
		g_ptr_array_add(w->posts, key);
		g_hash_table_add(w->keys, key);
		if (to == NULL)
			room_bot_said(w->room, key);
		print_post(w, post, to);
	}
	g_queue_push_tail(&w->confirmations, key);
	return 0;
}
