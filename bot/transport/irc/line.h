/*
 * A line of IRC, read in full and written with care (modern.ircdocs.horse "Messages", IRCv3
 * message-tags). Pure. The bytes of a line are whatever the server sent: text_valid them before
 * they leave the transport.
 */
#ifndef KITH_IRC_LINE_H
#define KITH_IRC_LINE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	LINE_TAGS_MOST = 8191, /* bytes, '@' and the space behind included */
	LINE_MOST = LINE_TAGS_MOST + 512,
	LINE_PARAMS_MOST = 15,
	LINE_COMMAND_MOST = 32,
	LINE_SENT_MOST = 510, /* what we write: without CR LF */
};

struct line_tag {
	const char *key;
	const char *value; /* unescaped, "" if it has none */
};

struct line {
	const char *prefix;  /* "nick!user@host" or a server's name; NULL if none */
	const char *nick;    /* of the prefix, or the whole of it; NULL if none */
	const char *user;    /* NULL if the prefix has none */
	const char *host;    /* likewise */
	const char *command; /* upper case letters, or three digits */
	const char *params[LINE_PARAMS_MOST];
	int n_params;
	struct line_tag *tags;
	int n_tags;
	char *storage;
};

/* Reads `n` bytes without their line end; NUL and CR in them are dropped. -EINVAL: not a line of
 * IRC (an empty one, for instance); -EMSGSIZE: longer than LINE_MOST, or its tags than theirs. */
int line_parse(const char *bytes, size_t n, struct line **ret);
void line_free(struct line *l);

/* A parameter, or "" if the line has no such. */
const char *line_param(const struct line *l, int i);
const char *line_last(const struct line *l);
/* The last tag of that name, or NULL. */
const char *line_tag(const struct line *l, const char *key);
/* 1..999, or 0 if the command is a word. */
int line_numeric(const struct line *l);

/* All of it written again, tags included, as line_parse reads it. g_free it. */
char *line_write(const struct line *l);

/* The same for libircclient, which must be spared much: it always has a prefix (`server` if it had
 * none), a command, as many parameters as the command's handler touches but at most 10, no tags,
 * no \x01, and at most 510 bytes. g_free it. */
char *line_for_library(const struct line *l, const char *server);

/* A line of ours: command and parameters, then NULL. -EINVAL: a parameter has a line break, or one
 * before the last is empty, has a space or starts with ':'; -EMSGSIZE: over LINE_SENT_MOST bytes.
 * g_free what you get. */
int line_build(char **ret, const char *command, ...) __attribute__((sentinel));
int line_buildv(char **ret, const char *command, va_list params);

/* What a server gave as a name or a reason, fit for one line of the log. g_free it. */
char *line_for_log(const char *text);

/* `text` without colours, bold and the like. g_free it. */
char *line_unformat(const char *text);

/* What a message says: unformatted, an action without its frame. NULL if it is another kind of
 * CTCP, which nobody said. g_free it. */
char *line_spoken(const char *text);

#endif
