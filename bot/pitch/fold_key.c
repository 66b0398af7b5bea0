/* What is left of a folded text for comparing: its words, numbers and links. */
#include "pitch/fold.h"
#include "pitch/fold_private.h"

#include <string.h>

enum { NAME_MOST = 64 /* bytes of a name somebody is addressed by */ };

static const char *const greetings[] = {
	"hi",  "hello", "hey",     "hiya", "yo", "dear",   "hallo",  "moin",   "hola",
	"ola", "salut", "bonjour", "ciao", "oi", "buenas", "servus", "привет", "здравствуйте",
};

static bool is_greeting(const char *word, size_t n)
{
	for (size_t i = 0; i < G_N_ELEMENTS(greetings); i++)
		if (strlen(greetings[i]) == n && !memcmp(greetings[i], word, n))
			return true;
	return false;
}

static const char *skip_blanks(const char *p)
{
	while (fold_is_blank(*p))
		p++;
	return p;
}

static size_t token_length(const char *p)
{
	size_t n = 0;

	while (p[n] && !fold_is_blank(p[n]))
		n++;
	return n;
}

/* "ana:", "ana,", "@ana", "@ana:example.org:": what a text starts with if it is to somebody. */
static bool is_address(const char *p, size_t n)
{
	bool at = *p == '@' && n > 1;
	char last = n > 0 ? p[n - 1] : '\0';

	if (n < 2 || n > NAME_MOST || (!at && !fold_in_word(*p)))
		return false;
	if (at || last == ':')
		return true;
	if (last != ',' || is_greeting(p, n - 1) || fold_link(p))
		return false;
	g_autofree char *word = g_strndup(p, n - 1);
	return !fold_is_word(word);
}

/* Behind "ana: " and behind the name of "hi ana, ": *ret_greeting bytes of it stay. */
static const char *skip_address(const char *text, size_t *ret_greeting)
{
	size_t n = token_length(text);
	const char *next = skip_blanks(text + n);

	*ret_greeting = 0;
	if (!*next)
		return text;
	if (is_address(text, n))
		return next;
	if (!is_greeting(text, n))
		return text;
	size_t name = token_length(next);
	const char *rest = skip_blanks(next + name);
	if (!*rest || name < 2 || name > NAME_MOST)
		return text;
	if (*next == '@' || strchr(",:!.", next[name - 1])) {
		*ret_greeting = n;
		return rest;
	}
	return text;
}

static void append_blank(GString *key)
{
	if (key->len > 0 && key->str[key->len - 1] != ' ')
		g_string_append_c(key, ' ');
}

/* Host and path of the `n` bytes long link. */
static void append_link(GString *key, const char *link, size_t n)
{
	const char *end = link + n, *host = g_strstr_len(link, (gssize)n, "://");

	link = host ? host + 3 : link;
	if (end - link > 4 && !strncmp(link, "www.", 4))
		link += 4;
	for (const char *p = link; p < end; p++)
		if (*p == '?' || *p == '#')
			end = p;
	while (end > link && end[-1] == '/')
		end--;
	append_blank(key);
	g_string_append_len(key, link, end - link);
	append_blank(key);
}

static void append_words(GString *key, const char *text)
{
	bool inside = false;

	for (const char *p = text; *p;) {
		bool goes_on = inside || (p > text && strchr(".-", p[-1]));
		size_t link = goes_on ? 0 : fold_link(p);
		gunichar c = g_utf8_get_char(p);
		const char *next = g_utf8_next_char(p);

		if (link) {
			append_link(key, p, link);
			p += link;
			continue;
		}
		inside = c < 0x80 ? g_ascii_isalnum((char)c)
				  : g_unichar_isalnum(c) || g_unichar_ismark(c);
		if (inside) {
			while (g_ascii_isalnum(*next))
				next++;
			g_string_append_len(key, p, next - p);
		} else if (c == '\'' && p > text && fold_in_word(p[-1]) && fold_in_word(*next)) {
			inside = true; /* don't, dont */
		} else {
			append_blank(key);
		}
		p = next;
	}
	if (key->len > 0 && key->str[key->len - 1] == ' ')
		g_string_truncate(key, key->len - 1);
}

char *fold_key(const struct fold *f)
{
	GString *key = g_string_sized_new(strlen(f->text) + 1);
	size_t greeting;
	const char *rest = skip_address(f->text, &greeting);

	g_string_append_len(key, f->text, (gssize)greeting);
	append_blank(key);
	append_words(key, rest);
	return g_string_free(key, FALSE);
}
