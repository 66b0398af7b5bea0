#include "transport/irc/line.h"

#include "base/text/text.h"

#include <errno.h>
#include <glib.h>
#include <stdarg.h>
#include <string.h>

/* libircclient keeps 10 parameters; a longer line would lose its end without a word. */
enum { LIBRARY_PARAMS_MOST = 10, LIBRARY_PREFIX_MOST = 200, LIBRARY_MIDDLE_MOST = 100 };

static bool is_command(const char *word)
{
	size_t letters = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
	if (letters)
		return !word[letters] && letters <= LINE_COMMAND_MOST;
	return strspn(word, "0123456789") == 3 && !word[3] && strcmp(word, "000") != 0;
}

/* IRCv3 message-tags, "Escaping values"; it only ever shrinks. */
static void unescape(char *value)
{
	char *to = value;
	for (const char *from = value; *from; from++) {
		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		if (!*++from)
			break; /* a backslash at the very end is dropped */
		switch (*from) {
		case ':':
			*to++ = ';';
			break;
		case 's':
			*to++ = ' ';
			break;
		case 'r':
			*to++ = '\r';
			break;
		case 'n':
			*to++ = '\n';
			break;
		default:
			*to++ = *from;
		}
	}
	*to = '\0';
}

static void parse_tags(struct line *l, char *tags)
{
	int most = 1;
	for (const char *p = tags; *p; p++)
		most += *p == ';';
	l->tags = g_new0(struct line_tag, most);
	char *rest = tags, *tag;
	while ((tag = strsep(&rest, ";"))) {
		char *value = tag;
		char *key = strsep(&value, "=");
		if (!*key)
			continue;
		if (value)
			unescape(value);
		l->tags[l->n_tags].key = key;
		l->tags[l->n_tags++].value = value ? value : "";
	}
}

/* `parts` is a second copy of the prefix, to be cut up. */
static void parse_prefix(struct line *l, char *prefix, char *parts)
{
	l->prefix = prefix;
	l->nick = strsep(&parts, "!");
	l->user = parts ? strsep(&parts, "@") : NULL;
	l->host = parts;
}

/* Cuts the next word off `*at`, and the spaces behind it. */
static char *next_word(char **at)
{
	char *word = strsep(at, " ");
	if (*at)
		*at += strspn(*at, " ");
	return word;
}

static void parse_params(struct line *l, char *at)
{
	while (at && *at && l->n_params < LINE_PARAMS_MOST) {
		bool last = *at == ':' || l->n_params == LINE_PARAMS_MOST - 1;
		if (*at == ':')
			at++;
		l->params[l->n_params++] = last ? at : next_word(&at);
		if (last)
			break;
	}
}

static int parse(struct line *l, char *at, char *spare)
{
	if (*at == '@') {
		char *tags = at + 1;
		size_t n = strcspn(at, " ");
		if (!at[n])
			return -EINVAL;
		if (n + 1 > LINE_TAGS_MOST)
			return -EMSGSIZE;
		next_word(&at);
		parse_tags(l, tags);
	}
	at += strspn(at, " ");
	if (*at == ':') {
		at++;
		char *prefix = next_word(&at);
		if (!*prefix || !at)
			return -EINVAL;
		parse_prefix(l, prefix, strcpy(spare, prefix));
	}
	char *command = next_word(&at);
	if (!is_command(command))
		return -EINVAL;
	for (char *c = command; *c; c++)
		*c = g_ascii_toupper(*c);
	l->command = command;
	parse_params(l, at);
	return 0;
}

int line_parse(const char *bytes, size_t n, struct line **ret)
{
	if (n > LINE_MOST)
		return -EMSGSIZE;
	if (memchr(bytes, '\n', n))
		return -EINVAL;
	struct line *l = g_new0(struct line, 1);
	/* The line, and behind it room for a prefix. */
	l->storage = g_malloc(2 * (n + 1));
	char *end = l->storage;
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != '\0' && bytes[i] != '\r')
			*end++ = bytes[i];
	}
	*end = '\0';
	int r = parse(l, l->storage, end + 1);
	if (r < 0) {
		line_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

void line_free(struct line *l)
{
	if (!l)
		return;
	g_free(l->tags);
	g_free(l->storage);
	g_free(l);
}

const char *line_param(const struct line *l, int i)
{
	return i < l->n_params ? l->params[i] : "";
}

const char *line_last(const struct line *l)
{
	return l->n_params ? l->params[l->n_params - 1] : "";
}

const char *line_tag(const struct line *l, const char *key)
{
	for (int i = l->n_tags; i-- > 0;) {
		if (strcmp(l->tags[i].key, key) == 0)
			return l->tags[i].value;
	}
	return NULL;
}

int line_numeric(const struct line *l)
{
	const char *c = l->command;
	if (!g_ascii_isdigit(*c))
		return 0;
	return (c[0] - '0') * 100 + (c[1] - '0') * 10 + (c[2] - '0');
}

static void write_tag_value(GString *out, const char *value)
{
	for (const char *c = value; *c; c++) {
		switch (*c) {
		case ';':
			g_string_append(out, "\\:");
			break;
		case ' ':
			g_string_append(out, "\\s");
			break;
		case '\\':
			g_string_append(out, "\\\\");
			break;
		case '\r':
			g_string_append(out, "\\r");
			break;
		case '\n':
			g_string_append(out, "\\n");
			break;
		default:
			g_string_append_c(out, *c);
		}
	}
}

static bool needs_colon(const char *param)
{
	return !*param || *param == ':' || strchr(param, ' ');
}

char *line_write(const struct line *l)
{
	GString *out = g_string_new(NULL);
	for (int i = 0; i < l->n_tags; i++) {
		g_string_append_printf(out, "%c%s", i ? ';' : '@', l->tags[i].key);
		if (!*l->tags[i].value)
			continue;
		g_string_append_c(out, '=');
		write_tag_value(out, l->tags[i].value);
	}
	if (l->n_tags)
		g_string_append_c(out, ' ');
	if (l->prefix)
		g_string_append_printf(out, ":%s ", l->prefix);
	g_string_append(out, l->command);
	for (int i = 0; i < l->n_params; i++)
		g_string_append_printf(out, needs_colon(l->params[i]) ? " :%s" : " %s",
				       l->params[i]);
	return g_string_free(out, FALSE);
}

/* At most `most` bytes of `text` without the \x01 that frames CTCP: the library cuts actions short,
 * acts on DCC, and reads past the end of a lone one. */
static char *tame(const char *text, size_t most)
{
	char *tamed = g_strndup(text, most);
	char *to = tamed;
	for (const char *from = tamed; *from; from++) {
		if (*from != '\x01')
			*to++ = *from;
	}
	*to = '\0';
	return tamed;
}

static void append_word(GString *out, const char *before, const char *text, size_t most)
{
	g_autofree char *word = tame(text, most);
	/* What was the last may have become one before it; and taming may lay a colon bare. */
	word[strcspn(word, " ")] = '\0';
	g_string_append_printf(out, "%s%s", before, *word && *word != ':' ? word : "*");
}

/* How many parameters the library looks at without counting them. */
static int library_params_least(const struct line *l)
{
	static const char *const two[] = { "PRIVMSG", "NOTICE", "KICK", "INVITE",
					   "MODE",    "TOPIC",  NULL };
	return g_strv_contains(two, l->command) ? 2 : 1;
}

char *line_for_library(const struct line *l, const char *server)
{
	/* What our callbacks read is the struct line; the library only has to dispatch. So a cut
	 * loses nothing, and these bounds leave room for two parameters whatever came. */
	GString *out = g_string_new(NULL);
	append_word(out, ":", l->prefix ? l->prefix : server, LIBRARY_PREFIX_MOST);
	g_string_append_printf(out, " %s", l->command);
	int n = MAX(MIN(l->n_params, LIBRARY_PARAMS_MOST), library_params_least(l));
	for (int i = 0; i < n - 1 && out->len + 1 + LIBRARY_MIDDLE_MOST + 2 <= LINE_SENT_MOST; i++)
		append_word(out, " ", line_param(l, i), LIBRARY_MIDDLE_MOST);
	g_autofree char *last = tame(line_param(l, n - 1), LINE_SENT_MOST - out->len - 2);
	g_string_append_printf(out, " :%s", last);
	return g_string_free(out, FALSE);
}

int line_buildv(char **ret, const char *command, va_list params)
{
	g_autoptr(GString) out = g_string_new(command);
	int r = 0;
	bool ended = false; /* a parameter that needed ':' must be the last */
	for (const char *p; (p = va_arg(params, const char *));) {
		if (ended || strpbrk(p, "\r\n"))
			r = -EINVAL;
		ended = needs_colon(p);
		g_string_append_printf(out, ended ? " :%s" : " %s", p);
	}
	if (r == 0 && out->len > LINE_SENT_MOST)
		r = -EMSGSIZE;
	if (r == 0)
		*ret = g_strdup(out->str);
	return r;
}

int line_build(char **ret, const char *command, ...)
{
	va_list params;
	va_start(params, command);
	int r = line_buildv(ret, command, params);
	va_end(params);
	return r;
}

char *line_for_log(const char *text)
{
	g_autofree char *valid = text_valid(text, strlen(text));
	return text_line(valid);
}

static const char *skip_digits(const char *at, int most, bool hex)
{
	while (most-- > 0 && (hex ? g_ascii_isxdigit(*at) : g_ascii_isdigit(*at)))
		at++;
	return at;
}

/* Behind a colour's code: a foreground, and perhaps a comma and a background. */
static const char *skip_colour(const char *at, int digits, bool hex)
{
	const char *end = skip_digits(at, digits, hex);
	if (end > at && *end == ',') {
		const char *second = skip_digits(end + 1, digits, hex);
		if (second > end + 1)
			return second;
	}
	return end;
}

char *line_unformat(const char *text)
{
	GString *out = g_string_new(NULL);
	while (*text) {
		char c = *text++;
		if (c == '\x03')
			text = skip_colour(text, 2, false);
		else if (c == '\x04')
			text = skip_colour(text, 6, true);
		else if (!strchr("\x02\x0f\x11\x16\x1d\x1e\x1f", c))
			g_string_append_c(out, c);
	}
	return g_string_free(out, FALSE);
}

char *line_spoken(const char *text)
{
	if (*text != '\x01')
		return line_unformat(text);
	if (g_ascii_strncasecmp(text, "\001ACTION ", 8) != 0)
		return NULL;
	char *spoken = line_unformat(text + 8);
	char *end = strchr(spoken, '\x01');
	if (end)
		*end = '\0';
	return spoken;
}
