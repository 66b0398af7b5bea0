/* Links, whole and as they are written where links are not allowed. */
#include "pitch/fold.h"

#include "base/text/text.h"
#include "pitch/fold_private.h"

#include <string.h>

/* Bytes; RFC 1035, 2.3.4. The second keeps the work linear, too. */
enum { LABEL_MOST = 63, HOST_MOST = 255 };

/* Those that may stand as a word behind a "dot"; .net has a meaning of its own there. */
static const char *const tlds[] = {
	"agency",  "ai",   "app",   "at",      "au",     "be",    "biz",  "blog",    "br",
	"ca",      "cc",   "ch",    "chat",    "cl",     "cloud", "club", "cn",      "co",
	"com",     "de",   "dev",   "digital", "edu",    "es",    "eu",   "example", "fi",
	"fm",      "fr",   "gg",    "gov",     "in",     "info",  "io",   "it",      "jp",
	"life",    "link", "live",  "ly",      "me",     "media", "mobi", "mx",      "net",
	"news",    "nl",   "no",    "nz",      "online", "org",   "page", "pl",      "pro",
	"pt",      "ro",   "ru",    "se",      "sh",     "shop",  "site", "space",   "store",
	"studio",  "tech", "to",    "top",     "tv",     "ua",    "uk",   "us",      "vip",
	"website", "work", "world", "ws",      "xyz",
};

/* "the dot com years" */
static const char *const no_hosts[] = {
	"a",   "an",  "and",  "another", "any", "big",   "each",  "every", "few",   "first", "for",
	"her", "his", "in",   "is",      "its", "my",    "new",   "no",    "of",    "old",   "on",
	"or",  "our", "some", "that",    "the", "their", "these", "this",  "those", "to",    "your",
};

static size_t label_length(const char *p)
{
	size_t n = 0;

	while (n <= LABEL_MOST && (g_ascii_isalnum(p[n]) || (p[n] == '-' && n > 0)))
		n++;
	while (n > 0 && p[n - 1] == '-')
		n--;
	return n <= LABEL_MOST ? n : 0;
}

static bool is_one_of(const char *const *names, size_t n_names, const char *word, size_t n)
{
	for (size_t i = 0; i < n_names; i++)
		if (!strncmp(names[i], word, n) && !names[i][n])
			return true;
	return false;
}

bool fold_is_tld(const char *name, size_t n)
{
	return is_one_of(tlds, G_N_ELEMENTS(tlds), name, n);
}

/* A host by its name alone: "example.com". */
static size_t bare_host(const char *text)
{
	const char *p = text;
	bool known = false;

	for (size_t labels = 0;; labels++) {
		size_t n = label_length(p);

		if (!n || p - text > HOST_MOST)
			return 0;
		p += n;
		if (*p != '.' || !g_ascii_isalnum(p[1])) {
			known = labels > 0 && fold_is_tld(p - n, n);
			break;
		}
		p++;
	}
	if (*p == ':' && g_ascii_isdigit(p[1]))
		p += 1 + strspn(p + 1, "0123456789");
	bool ends = !fold_in_word(*p) && *p != '@' && *p != '_';
	return (known || !strncmp(text, "www.", 4)) && ends ? (size_t)(p - text) : 0;
}

size_t fold_link(const char *text)
{
	size_t n;

	if (!g_ascii_isalnum(*text))
		return 0;
	n = *text == 'h' || *text == 'g' ? text_link(text) : 0;
	if (n || !memchr(text, '.', strnlen(text, LABEL_MOST + 1)))
		return n;
	n = bare_host(text);
	if (n && (text[n] == '/' || text[n] == '?')) {
		while (text[n] && !fold_is_blank(text[n]) && !strchr("<>\"`", text[n]))
			n++;
		while (strchr(".,;:!?')]}*", text[n - 1]))
			n--;
	}
	return n;
}

static const char *const spelt[] = { "http", "hxxp", "h**p", "htxp", "hxtp", "h__p" };

/* http, however it is spelt, with its "://": its length, or 0. */
static size_t scheme_at(const char *p, bool *ret_defanged)
{
	static const char *const colons[] = { "://", "[:]//", "[://]", ":[//]", "(:)//", " : // " };

	for (size_t i = 0; i < G_N_ELEMENTS(spelt); i++) {
		if (strncmp(p, spelt[i], 4) != 0)
			continue;
		size_t n = 4 + (p[4] == 's');
		for (size_t j = 0; j < G_N_ELEMENTS(colons); j++) {
			if (!g_str_has_prefix(p + n, colons[j]))
				continue;
			*ret_defanged = i > 0 || j > 0;
			n += strlen(colons[j]);
			return g_ascii_isalnum(p[n]) ? n : 0;
		}
	}
	return 0;
}

/* "[.]", "(dot)", "{at}" and the like: '.' or '@', or 0. */
static char bracketed_at(const char *p, size_t *ret_length)
{
	static const struct {
		const char *said;
		char sign;
	} signs[] = { { ".", '.' }, { "dot", '.' }, { "d0t", '.' }, { "at", '@' }, { "@", '@' } };
	char closer = *p == '[' ? ']' : *p == '(' ? ')' : *p == '{' ? '}' : 0;

	if (!closer)
		return 0;
	for (size_t i = 0; i < G_N_ELEMENTS(signs); i++) {
		size_t n = strlen(signs[i].said);
		if (!strncmp(p + 1, signs[i].said, n) && p[n + 1] == closer) {
			*ret_length = n + 2;
			return signs[i].sign;
		}
	}
	return 0;
}

/* Whether a dot follows, in whatever form, so that what stands before it is part of a host. */
static bool dot_follows(const char *p)
{
	size_t n;

	if (*p == '.' && g_ascii_isalnum(p[1]))
		return true;
	if (g_str_has_prefix(p, " dot ") || g_str_has_prefix(p, " . "))
		return true;
	return bracketed_at(*p == ' ' ? p + 1 : p, &n) == '.';
}

/* The word `out` ends with, from its last blank on. */
static const char *last_word(const GString *out, size_t *ret_length)
{
	size_t start = out->len;

	while (start > 0 && out->len - start <= LABEL_MOST && !fold_is_blank(out->str[start - 1]))
		start--;
	*ret_length = out->len - start;
	return out->str + start;
}

static bool ends_in_label(const GString *out)
{
	return out->len > 0 && g_ascii_isalnum(out->str[out->len - 1]);
}

/* A bracketed sign at `p` or behind one blank: how far it reaches, up to the next label. */
static size_t take_bracketed(const char *p, const GString *out, char *ret_sign)
{
	size_t blank = *p == ' ', n;
	char sign = bracketed_at(p + blank, &n);

	if (!sign || !ends_in_label(out))
		return 0;
	n += blank;
	bool spaced = blank || p[n] == ' ';
	n += p[n] == ' ';
	size_t label = label_length(p + n);
	bool more = label && dot_follows(p + n + label);
	bool digits = g_ascii_isdigit(p[n]) && g_ascii_isdigit(out->str[out->len - 1]);
	if (sign == '@' ? !more
			: !(more ||
			    (spaced ? fold_is_tld(p + n, label) : label >= 2 || (label && digits))))
		return 0;
	*ret_sign = sign;
	return n;
}

/* " dot " before what only a host goes on with. */
static size_t take_spoken(const char *p, const GString *out)
{
	enum { SPOKEN = 5, NET_LEAST = 8 };
	size_t host, label;

	if (strncmp(p, " dot ", SPOKEN) != 0 || !ends_in_label(out))
		return 0;
	const char *word = last_word(out, &host);
	if (is_one_of(no_hosts, G_N_ELEMENTS(no_hosts), word, host))
		return 0;
	label = label_length(p + SPOKEN);
	const char *after = p + SPOKEN + label;
	if (label == 3 && !strncmp(p + SPOKEN, "net", 3) && host < NET_LEAST)
		return 0;
	if (fold_is_tld(p + SPOKEN, label) && !fold_in_word(*after) && *after != '-')
		return SPOKEN;
	if (!label || strncmp(after, " dot ", SPOKEN) != 0)
		return 0;
	after += SPOKEN;
	return fold_is_tld(after, label_length(after)) ? SPOKEN : 0;
}

/* " . " behind www or before com, net, org: what spaced letters leave of a link. */
static size_t take_lone_dot(const char *p, const GString *out)
{
	static const char *const ends[] = { "com", "net", "org" };
	size_t n, label;

	if (strncmp(p, " . ", 3) != 0 || !ends_in_label(out))
		return 0;
	const char *word = last_word(out, &n);
	label = label_length(p + 3);
	if (!label || fold_in_word(p[3 + label]))
		return 0;
	if (!strncmp(word, "www", 3) && (n == 3 || word[3] == '.'))
		return 3;
	return is_one_of(ends, G_N_ELEMENTS(ends), p + 3, label) ? 3 : 0;
}

/* The link at `p`, whose scheme is `n` bytes long, to its end; dots of the host mended. */
static const char *append_link(const char *p, size_t n, GString *out, unsigned *marks)
{
	bool host = true;

	g_string_append(out, p[4] == 's' ? "https://" : "http://");
	for (p += n; *p && !fold_is_blank(*p) && !strchr("<>\"`", *p);) {
		char sign;
		size_t length = host ? take_bracketed(p, out, &sign) : 0;

		if (length) {
			*marks |= FOLD_DEFANGED;
			g_string_append_c(out, sign);
			p += length;
			continue;
		}
		host = host && *p != '/' && *p != '?' && *p != '#';
		g_string_append_c(out, *p++);
	}
	return p;
}

/* Most texts have nothing of the kind. */
static bool any_defanged(const char *text)
{
	if (strpbrk(text, "[({") || strstr(text, " dot ") || strstr(text, " . ") ||
	    strstr(text, " : // "))
		return true;
	for (size_t i = 1; i < G_N_ELEMENTS(spelt); i++)
		if (strstr(text, spelt[i]))
			return true;
	return false;
}

void fold_defanged(const char *text, GString *out, unsigned *marks)
{
	if (!any_defanged(text)) {
		g_string_append(out, text);
		return;
	}
	for (const char *p = text; *p;) {
		bool defanged = false, begins = p == text || !fold_in_word(p[-1]);
		size_t n = *p == 'h' && begins ? scheme_at(p, &defanged) : 0;
		char sign = '.';

		if (n) {
			*marks |= defanged ? FOLD_DEFANGED : 0;
			p = append_link(p, n, out, marks);
			continue;
		}
		if (*p == ' ' || *p == '[' || *p == '(' || *p == '{') {
			n = take_bracketed(p, out, &sign);
			if (!n)
				n = take_spoken(p, out);
			if (!n)
				n = take_lone_dot(p, out);
		}
		if (n) {
			*marks |= FOLD_DEFANGED;
			g_string_append_c(out, sign);
			p += n;
		} else {
			g_string_append_c(out, *p++);
		}
	}
}
