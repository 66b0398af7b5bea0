#include "app/replied.h"

#include "app/guard.h"
#include "app/talk.h"
#include "circle/people.h"
#include "circle/records.h"
#include "circle/works.h"
#include "command.h"
#include "event.h"
#include "store/outbox.h"

/* Of a message of kith's own: a post may be another group's. */
static int64_t work_of_ours(struct circle *c, const char *key)
{
	int64_t work = outbox_work(c->outbox, key);

	return work && works_group(c->db, work) == c->id ? work : 0;
}

/* The author is known for an hour, or from what the message recorded. */
static void find_theirs(struct app_group *group, struct circle *c, const struct event *e,
			const char *id, struct command_replied *ret)
{
	const struct talk_line *line = guard_line(group->guard, e, id);

	ret->work = records_work(c, id);
	ret->person =
		line ? people_by_handle(c->db, e->network, line->account) : records_author(c, id);
	if (ret->person && !people_remembered(c, ret->person))
		ret->person = 0;
	/* Nobody shows what somebody else has uploaded. */
	if (line && talk_by(line, e) && !ret->file_name)
		ret->file_name = line->file_name;
}

/* What a thread hangs on is what is talked about in it, unless something says otherwise. */
static int64_t work_of_thread(struct circle *c, const struct event *e)
{
	if (!e->thread)
		return 0;
	return e->thread_answers ? work_of_ours(c, e->thread_answers) : records_work(c, e->thread);
}

void replied_find(struct app_group *group, struct circle *c, const struct event *e,
		  struct command_replied *ret)
{
	const struct talk_line *first =
		e->kind == EVENT_EDIT ? guard_line(group->guard, e, e->target) : NULL;
	const char *reply_to = first && !e->reply_to ? first->reply_to : e->reply_to;
	const char *answers = first && !e->answers ? first->answers : e->answers;

	*ret = (struct command_replied){
		.any = reply_to || answers,
		.ours = answers,
		.file_name = first && !e->file_name ? first->file_name : e->file_name,
	};
	if (answers) {
		ret->work = work_of_ours(c, answers);
	} else if (reply_to) {
		find_theirs(group, c, e, reply_to, ret);
	} else if (e->kind == EVENT_EDIT) {
		/* What it answered is forgotten, but not what it was about. */
		ret->work = records_work(c, e->target);
		ret->person = records_thanked(c, e->target);
	}
	if (!ret->work)
		ret->work = work_of_thread(c, e);
}
