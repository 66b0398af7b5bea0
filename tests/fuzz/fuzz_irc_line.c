/* The promises of transport/irc/line.h and isupport.h for any bytes, a line each. What the client
 * library makes of them is fuzz_irc_session's. */
#include "transport/irc/isupport.h"
#include "transport/irc/line.h"

#include <assert.h>
#include <glib.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_well_formed(const struct line *l)
{
	assert(*l->command && strlen(l->command) <= LINE_COMMAND_MOST);
	assert(l->n_params >= 0 && l->n_params <= LINE_PARAMS_MOST);
	for (int i = 0; i < l->n_params; i++) {
		assert(!strpbrk(l->params[i], "\r\n"));
		if (i < l->n_params - 1)
			assert(*l->params[i] && *l->params[i] != ':' && !strchr(l->params[i], ' '));
	}
	assert(!l->prefix || (*l->prefix && l->nick && !strpbrk(l->prefix, " \r\n")));
	for (int i = 0; i < l->n_tags; i++) {
		assert(*l->tags[i].key && l->tags[i].value);
		assert(line_tag(l, l->tags[i].key));
	}
	assert(line_numeric(l) < 1000 && !line_numeric(l) == !g_ascii_isdigit(*l->command));
}

static void comes_back(const struct line *l)
{
	g_autofree char *written = line_write(l);
	struct line *again;
	assert(line_parse(written, strlen(written), &again) == 0);
	assert(g_strcmp0(l->prefix, again->prefix) == 0 && g_strcmp0(l->nick, again->nick) == 0 &&
	       g_strcmp0(l->user, again->user) == 0 && g_strcmp0(l->host, again->host) == 0);
	assert(!strcmp(l->command, again->command) && l->n_params == again->n_params);
	for (int i = 0; i < l->n_params; i++)
		assert(!strcmp(l->params[i], again->params[i]));
	assert(l->n_tags == again->n_tags);
	for (int i = 0; i < l->n_tags; i++)
		assert(!strcmp(l->tags[i].key, again->tags[i].key) &&
		       !strcmp(l->tags[i].value, again->tags[i].value));
	g_autofree char *rewritten = line_write(again);
	assert(!strcmp(written, rewritten));
	line_free(again);
}

static void is_tame(const struct line *l)
{
	g_autofree char *tame = line_for_library(l, "server");
	assert(*tame == ':' && tame[1] != ' ' && strlen(tame) <= LINE_SENT_MOST);
	assert(!strpbrk(tame, "\r\n\x01"));
	struct line *seen;
	assert(line_parse(tame, strlen(tame), &seen) == 0);
	assert(!strcmp(seen->command, l->command));
	bool two = !strcmp(l->command, "PRIVMSG") || !strcmp(l->command, "NOTICE");
	assert(seen->n_params >= (two ? 2 : 1) && seen->n_params <= 10);
	line_free(seen);
}

static void is_plain(const char *text)
{
	g_autofree char *plain = line_unformat(text);
	g_autofree char *spoken = line_spoken(text);
	assert(!strpbrk(plain, "\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f"));
	assert(strlen(plain) <= strlen(text));
	assert((*text == '\x01') || !strcmp(spoken, plain));
}

static void one_line(const char *bytes, size_t n)
{
	struct line *l;
	if (line_parse(bytes, n, &l) < 0)
		return;
	is_well_formed(l);
	comes_back(l);
	is_tame(l);
	is_plain(line_last(l));
	struct isupport isupport;
	isupport_init(&isupport);
	isupport_take(&isupport, l);
	assert(isupport.monitor >= 0 && isupport.chathistory >= 0 && isupport.nicklen >= 0);
	assert(isupport.userlen > 0 && isupport.userlen < 256);
	assert(isupport.hostlen > 0 && isupport.hostlen < 256);
	assert(!isupport.bot || g_ascii_isalpha(isupport.bot));
	g_autofree char *folded = isupport_fold(&isupport, line_last(l));
	assert(isupport_same(&isupport, folded, line_last(l)));
	line_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		if (!stop)
			stop = end;
		one_line(at, (size_t)(stop - at));
		at = stop + 1;
	}
	return 0;
}
