/* What kith says: a value with small markup, rendered by each transport as its network wants it. */
#ifndef KITH_POST_H
#define KITH_POST_H

#include <stdbool.h>
#include <stdint.h>

enum post_kind {
	POST_REPLY,        /* answers something just said; stale after ten minutes */
	POST_ANNOUNCEMENT, /* said to a room of kith's own accord; Matrix sends m.text so that it
			      notifies */
	POST_PRIVATE,      /* to one person */
};

struct post {
	const char *key;     /* unique for good; the Matrix transaction id */
	const char *network; /* which transport says it */
	const char *room;    /* the room's address, or NULL for a private post */
	const char *account; /* private: to this account ... */
	const char *shown;   /* ... or, where it is NULL, to this nick, identified or not */
	const char
		*reply_to;  /* event id or NULL; of a private post with `room_else` one of there */
	const char *thread; /* likewise */
	const char *edits;  /* the key of the post this one amends, or NULL */
	/* Private: where it is said instead if there is no way to that person alone; NULL: nowhere.
	 */
	const char *room_else;
	const char *markup_else; /* what is said there then; NULL: the same */
	bool opens; /* private: a way to them may be opened (a direct room); else only used */
	enum post_kind kind;
	int64_t expires_at_us; /* not worth saying after this */
	const char *word;   /* the key of its first sentence in the catalogue: for logs and tests */
	const char *markup; /* see below */
	const char *attachment; /* a file's path, or NULL */
	/* Markup to end it with where a network says only its start, and keeps the rest until it is
	 * asked for; NULL: all of it is said at once. */
	const char *more;
	/* Says that rest, of the last post to the same room or person; `markup` is what is said
	 * where there is none. */
	bool continues;
};

/*
 * Markup: lines separated by '\n'; a line starting "- " is a list item; **bold**, `code`,
 * [text](url). A backslash makes the next character literal. Nothing else is special, and what
 * cannot be parsed is literal text: rendering never fails.
 */

/* `text` with every character of markup escaped, so that it renders as itself; line breaks and
 * control characters become spaces or go, direction overrides go, broken UTF-8 becomes U+FFFD,
 * and "@room" cannot notify. Free with g_free. */
char *post_literal(const char *text);

/* For IRC and people's eyes: bold and code marks go, a link is `text (url)`, or the url alone
 * where both are the same; list items start with "- ". Free with g_free. */
char *post_plain(const char *markup);

/* For Matrix's formatted_body: only <strong> <code> <a href> <br> <ul> <li>, everything else
 * escaped; links only to http, https, mailto. Free with g_free. */
char *post_html(const char *markup);

#endif
