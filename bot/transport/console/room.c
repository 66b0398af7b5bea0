#include "transport/console/room.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <string.h>

struct person {
	char *name; /* "ana", "~ana" */
	bool here;
	bool spoke;      /* in the room, ever */
	GPtrArray *said; /* the ids of their messages in the room, without those taken back */
};

struct room {
	const struct world_options *names;
	GHashTable *people;  /* name -> struct person */
	GHashTable *authors; /* event id -> struct person, borrowed */
	char *bot_said;
	uint32_t nonce[2]; /* sets these event ids apart from a later run's on the same store */
	uint64_t events;
};

void happening_free(struct happening *h)
{
	g_free(h->id);
	g_free(h->text);
	g_free(h->target);
	g_free(h->reply_to);
	g_free(h->answers);
	g_free(h);
}

static void person_free(void *data)
{
	struct person *p = data;
	g_ptr_array_unref(p->said);
	g_free(p->name);
	g_free(p);
}

struct room *room_new(const struct world_options *names)
{
	struct room *r = g_new0(struct room, 1);
	r->names = names;
	r->people = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, person_free);
	r->authors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(r->nonce); i++)
		r->nonce[i] = g_random_int();
	return r;
}

void room_free(struct room *r)
{
	if (r == NULL)
		return;
	g_hash_table_unref(r->authors);
	g_hash_table_unref(r->people);
	g_free(r->bot_said);
	g_free(r);
}

static int refuse(char **ret_error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static int refuse(char **ret_error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	*ret_error = g_strdup_vprintf(format, args);
	va_end(args);
	return -EINVAL;
}

/* --- who is there --- */

static struct person *find(const struct room *r, const char *name)
{
	return g_hash_table_lookup(r->people, name);
}

static struct person *find_or_add(struct room *r, const char *name)
{
	struct person *p = find(r, name);
	if (p == NULL) {
		p = g_new0(struct person, 1);
		p->name = g_strdup(name);
		p->said = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(r->people, p->name, p);
	}
	return p;
}

/* Identified or not, nobody else is called what the bot is called. */
static bool is_bot(const struct room *r, const char *name)
{
	g_autofree char *a = g_utf8_casefold(*name == '~' ? name + 1 : name, -1);
	g_autofree char *b = g_utf8_casefold(r->names->nick, -1);
	return strcmp(a, b) == 0;
}

static int check_person(const struct room *r, const char *name, char **ret_error)
{
	if (is_bot(r, name))
		return refuse(ret_error, "%s is the bot, and speaks for itself", name);
	return 0;
}

int room_come_in(struct room *r, const char *name, char **ret_error)
{
	int e = check_person(r, name, ret_error);
	if (e == 0)
		find_or_add(r, name)->here = true;
	return e;
}

bool room_knows(const struct room *r, const char *name)
{
	return find(r, name) != NULL;
}

bool room_has_left(const struct room *r, const char *name)
{
	const struct person *p = find(r, name);
	return p != NULL && !p->here;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **room_present(const struct room *r)
{
	GPtrArray *names = g_ptr_array_new();
	GHashTableIter i;
	void *value;
	g_hash_table_iter_init(&i, r->people);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		const struct person *p = value;
		if (p->here)
			g_ptr_array_add(names, g_strdup(p->name));
	}
	g_ptr_array_sort(names, compare_names);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

const char *room_author(const struct room *r, const char *event_id)
{
	const struct person *p = g_hash_table_lookup(r->authors, event_id);
	return p != NULL ? p->name : NULL;
}

void room_bot_said(struct room *r, const char *key)
{
	g_free(r->bot_said);
	r->bot_said = g_strdup(key);
}

/* --- what they do --- */

/* Cuts "kith: " or "Kith, " off the front of *text. */
static bool cut_nick(const struct room *r, const char **text)
{
	size_t n = strcspn(*text, ":,");
	/* Case folding at most triples a text; no need to fold a megabyte. */
	if ((*text)[n] == '\0' || **text == '~' || n > 3 * strlen(r->names->nick))
		return false;
	g_autofree char *name = g_strndup(*text, n);
	if (!is_bot(r, name))
		return false;
	*text += n + 1;
	while (**text == ' ')
		(*text)++;
	return true;
}

static struct happening *happening_new(struct room *r, enum event_kind kind, struct person *who,
				       const char *text)
{
	struct happening *h = g_new0(struct happening, 1);
	h->id = g_strdup_printf("%08x%08x.%" G_GUINT64_FORMAT, r->nonce[0], r->nonce[1],
				++r->events);
	h->text = g_strdup(text != NULL ? text : "");
	h->event = (struct event){
		.kind = kind,
		.id = h->id,
		.network = r->names->network,
		.room = r->names->room,
		.account = *who->name == '~' ? NULL : who->name,
		.shown = *who->name == '~' ? who->name + 1 : who->name,
		.text = h->text,
		.trusted = true,
	};
	g_hash_table_insert(r->authors, g_strdup(h->id), who);
	return h;
}

static struct happening *say(struct room *r, enum event_kind kind, struct person *who,
			     const char *text)
{
	struct happening *h = happening_new(r, kind, who, text);
	h->event.addressed = cut_nick(r, &h->event.text);
	return h;
}

/* Of what it points to: whether that is the bot's own. */
static void point_out(const struct room *r, struct happening *h, const struct script_line *line)
{
	if (line->whom != NULL && is_bot(r, line->whom))
		h->event.answers = h->answers = g_strdup(r->bot_said);
}

static struct happening *happen(struct room *r, const struct script_line *line, struct person *who,
				const char *target)
{
	struct happening *h = NULL;
	switch (line->verb) {
	case SCRIPT_SAYS:
	case SCRIPT_REPLIES:
		h = say(r, EVENT_MESSAGE, who, line->text);
		h->event.reply_to = h->reply_to = g_strdup(target);
		g_ptr_array_add(who->said, g_strdup(h->id));
		who->spoke = true;
		point_out(r, h, line);
		break;
	case SCRIPT_REACTS:
		h = happening_new(r, EVENT_REACTION, who, line->text);
		h->event.target = h->target = g_strdup(target);
		point_out(r, h, line);
		break;
	case SCRIPT_EDITS:
		h = say(r, EVENT_EDIT, who, line->text);
		h->event.target = h->target = g_strdup(target);
		break;
	case SCRIPT_WHISPERS:
		h = say(r, EVENT_MESSAGE, who, line->text);
		h->event.room = NULL;
		h->event.direct = true;
		break;
	case SCRIPT_DELETES:
		h = happening_new(r, EVENT_REDACTION, who, NULL);
		h->event.target = h->target = g_strdup(target);
		g_ptr_array_remove_index(who->said, who->said->len - 1);
		break;
	case SCRIPT_JOINS:
		h = happening_new(r, EVENT_JOIN, who, NULL);
		break;
	case SCRIPT_LEAVES:
		h = happening_new(r, EVENT_LEAVE, who, NULL);
		break;
	case SCRIPT_NOTHING:
	case SCRIPT_REMARK:
	case SCRIPT_MEMBERS:
	case SCRIPT_AT:
	case SCRIPT_AFTER:
	case SCRIPT_DOWN:
	case SCRIPT_UP:
	case SCRIPT_CRASH:
		break;
	}
	assert(h != NULL);
	return h;
}

/* The id of what `name` said last in the room, or NULL. */
static const char *last_of(const struct room *r, const char *name)
{
	if (is_bot(r, name))
		return r->bot_said;
	const struct person *p = find(r, name);
	return p != NULL && p->said->len > 0 ? g_ptr_array_index(p->said, p->said->len - 1) : NULL;
}

/* The message `line` is about, NULL if about none. */
static int find_target(const struct room *r, const struct script_line *line, const char **ret_id,
		       char **ret_error)
{
	const char *whose = NULL, *id = NULL;
	const char *what = line->verb == SCRIPT_REACTS ? "react to" : "reply to";
	if (line->verb == SCRIPT_REPLIES || line->verb == SCRIPT_REACTS)
		whose = line->whom;
	else if (line->verb == SCRIPT_EDITS || line->verb == SCRIPT_DELETES)
		whose = line->who;
	if (whose == NULL || (id = last_of(r, whose)) != NULL) {
		*ret_id = id;
		return 0;
	}
	const struct person *p = find(r, whose);
	if (p == NULL || !p->spoke)
		return refuse(ret_error, "%s has said nothing in the room yet", whose);
	if (line->verb == SCRIPT_EDITS || line->verb == SCRIPT_DELETES)
		what = line->verb == SCRIPT_EDITS ? "edit" : "delete";
	return refuse(ret_error, "%s has nothing left in the room to %s", whose, what);
}

int room_act(struct room *r, const struct script_line *line, int64_t at_us, struct happening **ret,
	     char **ret_error)
{
	const char *target = NULL;
	int e = check_person(r, line->who, ret_error);
	if (e == 0)
		e = find_target(r, line, &target, ret_error);
	if (e < 0)
		return e;
	const struct person *known = find(r, line->who);
	if (line->verb == SCRIPT_LEAVES && (known == NULL || !known->here))
		return refuse(ret_error, "%s is not in the room", line->who);
	struct person *who = find_or_add(r, line->who);
	who->here = line->verb != SCRIPT_LEAVES;
	*ret = happen(r, line, who, target);
	(*ret)->event.at_us = at_us;
	return 0;
}
