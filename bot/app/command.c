/* The commands' side of the seam: finding one, and answering. */
#include "command.h"

#include <string.h>

static bool ends_word(const char *text)
{
	return !*text || !(g_unichar_isalnum(g_utf8_get_char(text)) || *text == '-');
}

/* The length of `name` at the start of `text`, where a space in it stands for any run of them; 0 if
 * it does not stand there. */
static unsigned starts_with(const char *text, const char *name, size_t length)
{
	const char *at = text;

	for (size_t i = 0; i < length; i++) {
		if (name[i] == ' ') {
			if (*at != ' ')
				return 0;
			at += strspn(at, " ");
		} else if (g_ascii_tolower(*at++) != name[i]) {
			return 0;
		}
	}
	return ends_word(at) ? (unsigned)(at - text) : 0;
}

static unsigned match(const struct command *command, const char *text)
{
	unsigned length = starts_with(text, command->name, strlen(command->name));

	for (const char *alias = command->aliases; alias && *alias && !length;) {
		size_t n = strcspn(alias, " ");

		length = starts_with(text, alias, n);
		alias += n + strspn(alias + n, " ");
	}
	return length;
}

const struct command *command_find(const char *text, unsigned *ret_length)
{
	const struct command *best = NULL;

	for (const struct command *const *c = commands; *c; c++) {
		unsigned length = match(*c, text);

		if (length > (best ? *ret_length : 0)) {
			best = *c;
			*ret_length = length;
		}
	}
	return best;
}

/* What is theirs alone stays so: the room hears no more than how to ask for it. */
static void whisper(struct command_call *call, struct draft *d)
{
	struct draft aloud = draft_new(call->circle);

	draft_say(&aloud, "private.aloud", "name", call->name, NULL);
	voice_whisper_apart(call->circle, call->event, d, &aloud);
}

void command_answer(struct command_call *call, struct draft *d)
{
	switch (call->command->scope) {
	case COMMAND_HERE:
		voice_reply(call->circle, call->event, d);
		break;
	case COMMAND_PRIVATE:
		whisper(call, d);
		break;
	}
}

static void refuse(struct command_call *call, struct draft *d)
{
	switch (call->command->scope) {
	case COMMAND_HERE:
		voice_reply(call->circle, call->event, d);
		break;
	case COMMAND_PRIVATE:
		voice_whisper(call->circle, call->event, d);
		break;
	}
}

void command_refuse(struct command_call *call, const char *key, ...)
{
	struct draft d = draft_new(call->circle);
	va_list ap;

	va_start(ap, key);
	draft_sayv(&d, key, ap);
	va_end(ap);
	refuse(call, &d);
}

void command_reply(struct command_call *call, const char *key, ...)
{
	struct draft d = draft_new(call->circle);
	va_list ap;

	va_start(ap, key);
	draft_sayv(&d, key, ap);
	va_end(ap);
	command_answer(call, &d);
}

void command_usage(struct command_call *call, const char *key, ...)
{
	const struct words *words = call->circle->words;
	struct draft d = draft_new(call->circle);
	va_list ap;

	va_start(ap, key);
	g_autofree char *problem = words_sayv(words, key, ap);
	va_end(ap);
	draft_say(&d, "usage", "=problem", problem, "usage", call->command->usage, "example",
		  call->command->example, NULL);
	refuse(call, &d);
}
