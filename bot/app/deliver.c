#include "app/deliver.h"

#include "app/app.h"
#include "base/log.h"
#include "circle/people.h"
#include "clock.h"
#include "post.h"
#include "store/outbox.h"

#include <errno.h>

/* Delivery marks are written together, at most this late. */
#define FLUSH_AFTER_US CLOCK_US_PER_SECOND

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
	g_free((char *)p->post.network);
	g_free((char *)p->post.account);
	p->post.network = network;
	p->post.account = account;
	return true;
}

static void offer(struct app *app, struct outbox_post *p, struct app_link *link)
{
	struct transport *t = link->transport;

	/* A network that does not know its posts again must never be told one twice: what has been
	 * delivered is on the disk before the next one goes out. */
	if (!t->impl->idempotent)
		outbox_flush(app->outbox);
	int r = t->impl->send(t, &p->post);
	if (r == 0) {
		p->sent = true;
		if (app->crash_at == APP_AFTER_SEND)
			app_crash_at(app, APP_NOWHERE);
	} else if (r != -EAGAIN && r != -ENOENT) {
		give_up(app, p, g_strerror(-r));
	}
}

int64_t deliver_run(struct app *app)
{
	int64_t now_us = app_now(app), next_us = INT64_MAX, seq = 0;
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
		struct app_link *link = app_link_by_name(app, p->post.network);
		if (!link)
			give_up(app, p, "no such network");
		else if (link->state == TRANSPORT_ONLINE)
			offer(app, p, link);
	}
	return next_us;
}

void deliver_confirmed(struct app *app, const char *post_key, int error)
{
	struct outbox_post *p = outbox_find(app->outbox, post_key);

	if (!p)
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
		outbox_flush(app->outbox);
	else
		app->flush_us = MIN(app->flush_us, app_now(app) + FLUSH_AFTER_US);
}
