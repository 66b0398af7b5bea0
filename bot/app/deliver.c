#include "app/deliver.h"

#include "app/app.h"
#include "app/dispatch.h"
#include "base/log.h"
#include "circle/people.h"
#include "clock.h"
#include "event.h"
#include "post.h"
#include "store/outbox.h"

#include <errno.h>

/* Delivery marks are written together, at most this late. */
#define FLUSH_AFTER_US CLOCK_US_PER_SECOND
/* What a network did not take this time is offered again after so long; to somebody who stays away,
 * ever more seldom. */
#define AGAIN_AFTER_US CLOCK_US_PER_MINUTE
#define AGAIN_MOST_US  CLOCK_US_PER_HOUR

static void give_up(struct app *app, struct outbox_post *p, const char *why)
{
	log_info("not said (%s): %s", why, p->post.word);
	outbox_done(app->outbox, p->post.key);
	app->flush_us = MIN(app->flush_us, app_now(app) + FLUSH_AFTER_US);
}

/* The door a person last came through, chosen anew at each try. */
static bool find_door(struct app *app, struct outbox_post *p)
{
	char *network, *account;

	if (!people_door(app->db, p->person, &network, &account))
		return false;
	if (g_strcmp0(p->post.network, network) != 0 || g_strcmp0(p->post.account, account) != 0)
		p->again_us = p->wait_us = 0;
	g_free((char *)p->post.network);
	g_free((char *)p->post.account);
	p->post.network = network;
	p->post.account = account;
	return true;
}

/* Told where only the start of a post is said: how to hear the rest of it, in the words of the
 * group that would be asked, which may have others since it was last offered. */
static void set_more(struct app *app, struct outbox_post *p)
{
	const struct event asked = {
		.network = p->post.network,
		.room = p->post.room,
		.account = p->post.account,
		.shown = p->post.shown,
		.direct = !p->post.room,
	};
	const struct app_group *group = dispatch_group(app, &asked);

	g_free((char *)p->post.more);
	p->post.more = group ? words_say(group->words, p->post.room ? "more" : "more.private", NULL)
			     : NULL;
}

/* A room of their own is opened for people who belong here, and for no others (DESIGN 4.5). */
static bool opens(struct app *app, const struct outbox_post *p)
{
	const struct post *post = &p->post;
	int64_t person =
		p->person ? p->person : people_by_handle(app->db, post->network, post->account);

	if (post->room || !post->account)
		return false;
	for (unsigned i = 0; i < app->n_groups; i++)
		if (people_is_organizer(app->groups[i].config, post->network, post->account))
			return true;
	return person && people_joined_any(app->db, person);
}

/* What posts to the same room or person have in common; g_free it. */
static char *target_of(const struct outbox_post *p)
{
	const struct post *post = &p->post;

	return g_strdup_printf("%s %s %s", post->network,
			       post->room      ? "in"
			       : post->account ? "account"
					       : "nick",
			       post->room      ? post->room
			       : post->account ? post->account
					       : post->shown);
}

/* False if it has to wait, and what follows it to the same place with it. */
static bool offer(struct app *app, struct outbox_post *p, struct app_link *link)
{
	struct transport *t = link->transport;

	/* A network that does not know its posts again must never be told one twice: what has been
	 * delivered is on the disk before the next one goes out. */
	if (!t->impl->idempotent)
		app_flush(app);
	set_more(app, p);
	p->post.opens = opens(app, p);
	int r = t->impl->send(t, &p->post);
	if (r == 0) {
		p->sent = true;
		if (app->crash_at == APP_AFTER_SEND)
			app_crash_at(app, APP_NOWHERE);
	} else if (r != -EAGAIN && r != -ENOENT) {
		give_up(app, p, g_strerror(-r));
	}
	return r != -EAGAIN;
}

/* Offered after those before it to the same room or person, or not at all. */
static void offer_in_order(struct app *app, struct outbox_post *p, struct app_link *link,
			   GHashTable *waiting)
{
	g_autofree char *target = target_of(p);

	if (!g_hash_table_contains(waiting, target) && !offer(app, p, link))
		g_hash_table_add(waiting, g_steal_pointer(&target));
}

/* A clock that was set back must not keep it waiting. */
static bool waits(const struct outbox_post *p, int64_t now_us)
{
	return p->again_us > now_us && p->again_us <= now_us + AGAIN_MOST_US;
}

int64_t deliver_run(struct app *app)
{
	int64_t now_us = app_now(app), next_us = INT64_MAX, seq = 0;
	g_autoptr(GHashTable) waiting =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct outbox_post *p;

	while (!app->crashed && (p = outbox_next(app->outbox, seq))) {
		seq = p->seq;
		if (p->sent)
			continue;
		if (p->post.expires_at_us <= now_us) {
			give_up(app, p, "too late");
			continue;
		}
		if (p->not_before_us > now_us) {
			next_us = MIN(next_us, p->not_before_us);
			continue;
		}
		if (p->person && !find_door(app, p)) {
			give_up(app, p, "nobody to say it to");
			continue;
		}
		if (waits(p, now_us)) {
			next_us = MIN(next_us, p->again_us);
			if (!p->gone)
				g_hash_table_add(waiting, target_of(p));
			continue;
		}
		struct app_link *link = app_link_by_name(app, p->post.network);
		if (!link)
			give_up(app, p, "no such network");
		else if (link->state == TRANSPORT_ONLINE)
			offer_in_order(app, p, link, waiting);
	}
	return next_us;
}

/* Somebody just gone, or a server that wants us to be slower: it is still worth saying. A nick
 * without an account may be anybody's by then. */
static bool try_again(struct app *app, struct outbox_post *p, int error)
{
	bool gone = error == -ENOENT && p->post.account;

	if (error != -EAGAIN && !gone)
		return false;
	if (!p->wait_us)
		log_info("not said yet (%s), to be tried again: %s",
			 gone ? "they are gone" : "the network does not take it now", p->post.word);
	p->sent = false;
	p->wait_us = p->gone && gone ? MIN(2 * p->wait_us, AGAIN_MOST_US) : AGAIN_AFTER_US;
	p->gone = gone;
	p->again_us = app_now(app) + p->wait_us;
	return true;
}

bool deliver_seen(struct app *app, const char *network, const char *account)
{
	struct outbox_post *p;
	bool any = false;

	for (int64_t seq = 0; (p = outbox_next(app->outbox, seq)); seq = p->seq) {
		if (!p->gone || g_strcmp0(p->post.network, network) != 0 ||
		    (account && g_strcmp0(p->post.account, account) != 0))
			continue;
		any = any || p->again_us;
		p->again_us = 0;
	}
	return any;
}

void deliver_confirmed(struct app *app, const char *post_key, int error)
{
	struct outbox_post *p = outbox_find(app->outbox, post_key);

	if (!p || try_again(app, p, error))
		return;
	const struct app_link *link = app_link_by_name(app, p->post.network);
	bool at_once = link && !link->transport->impl->idempotent;
	if (error < 0)
		log_warning("the network refused a post (%s): %s", g_strerror(-error),
			    p->post.word);
	outbox_done(app->outbox, post_key);
	if (!outbox_dirty(app->outbox))
		return;
	/* A network that does not know its posts again would be told this one twice after a crash.
	 */
	if (at_once)
		app_flush(app);
	else
		app->flush_us = MIN(app->flush_us, app_now(app) + FLUSH_AFTER_US);
}
