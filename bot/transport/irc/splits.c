#include "transport/irc/splits.h"

#include "transport/irc/isupport.h"

#include <glib.h>
#include <string.h>

struct splits {
	const struct isupport *isupport;
	GQueue list; /* of struct split, the earliest first */
};

struct splits *splits_new(const struct isupport *isupport)
{
	struct splits *s = g_new0(struct splits, 1);
	s->isupport = isupport;
	g_queue_init(&s->list);
	return s;
}

void split_free(struct split *split)
{
	if (!split)
		return;
	g_free(split->nick);
	g_free(split->account);
	g_free(split);
}

void splits_free(struct splits *s)
{
	if (!s)
		return;
	for (struct split *split; (split = g_queue_pop_head(&s->list));)
		split_free(split);
	g_free(s);
}

/* "irc.example.net", or "*.net" where a server hides its own; no "1.5". */
static bool is_server(const char *word, size_t n)
{
	size_t dots = 0;
	for (size_t i = 0; i < n; i++) {
		if (!g_ascii_isalnum(word[i]) && !strchr("-_*.", word[i]))
			return false;
		dots += word[i] == '.';
	}
	return dots && word[0] != '.' && g_ascii_isalpha(word[n - 1]);
}

bool splits_is_one(const char *reason)
{
	const char *space = strchr(reason, ' ');
	return space && is_server(reason, (size_t)(space - reason)) &&
	       is_server(space + 1, strlen(space + 1));
}

void splits_add(struct splits *s, const char *room, const char *nick, const char *account,
		int64_t due_us)
{
	struct split *split = g_new0(struct split, 1);
	split->room = room;
	split->nick = g_strdup(nick);
	split->account = g_strdup(account);
	split->due_us = due_us;
	g_queue_push_tail(&s->list, split);
}

static bool is_the_same(const struct splits *s, const struct split *split, const char *nick,
			const char *account, bool known)
{
	if (account && split->account && strcmp(account, split->account) == 0)
		return true;
	return isupport_same(s->isupport, nick, split->nick) && (!known || !split->account);
}

bool splits_back(struct splits *s, const char *room, const char *nick, const char *account,
		 bool known)
{
	for (GList *at = s->list.head; at; at = at->next) {
		struct split *split = at->data;
		if (split->room != room || !is_the_same(s, split, nick, account, known))
			continue;
		split_free(split);
		g_queue_delete_link(&s->list, at);
		return true;
	}
	return false;
}

struct split *splits_take(struct splits *s, int64_t now_us)
{
	const struct split *first = g_queue_peek_head(&s->list);
	if (!first || (first->due_us > now_us && s->list.length <= SPLITS_MOST))
		return NULL;
	return g_queue_pop_head(&s->list);
}

int64_t splits_wait_us(const struct splits *s, int64_t now_us)
{
	if (!s->list.head)
		return -1;
	const struct split *first = s->list.head->data;
	return s->list.length > SPLITS_MOST ? 0 : MAX(first->due_us - now_us, 0);
}
