#include "command.h"

static void run(struct command_call *call)
{
	g_autofree char *path = NULL, *error = NULL;

	if (circle_backup(call->circle, &path, &error) < 0) {
		command_reply(call, "backup.failed", "why", error, NULL);
		return;
	}
	command_reply(call, "backup.kept", "path", path, NULL);
}

const struct command command_admin_backup = {
	.name = "admin backup",
	.usage = "admin backup",
	.summary = "Write a copy of all I keep beside the store, now.",
	.example = "admin backup",
	.who = COMMAND_ORGANIZER,
	.scope = COMMAND_PRIVATE,
	.run = run,
};
