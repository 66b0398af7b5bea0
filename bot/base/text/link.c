#include "base/text/text.h"

#include "chars.h"

#include <glib.h>
#include <string.h>

static const char *const schemes[] = { "http://", "https://", "gopher://", "gemini://" };

static const char openers[] = "([{", closers[] = ")]}";

static const char *after_scheme(const char *text)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(schemes); i++) {
		size_t n = strlen(schemes[i]);
		if (!g_ascii_strncasecmp(text, schemes[i], n))
			return text + n;
	}
	return NULL;
}

/* What sets a link apart from the text around it, and is never part of one (RFC 3986, appendix C;
 * CJK text puts its own punctuation right behind a link). */
static bool delimits(uint32_t c)
{
	if (c < 0x80)
		return c <= ' ' || c == 0x7f || strchr("<>\"`\\", (int)c);
	return chars_space(c) || g_unichar_iscntrl(c) || chars_invisible(c) ||
	       (g_unichar_iswide(c) && g_unichar_ispunct(c));
}

/* What belongs to the sentence when it is the last thing before the link's end. */
static bool trails(uint32_t c)
{
	if (c < 0x80)
		return strchr(".,;:!?'*([{", (int)c);
	return g_unichar_ispunct(c);
}

size_t text_link(const char *text)
{
	const char *host = after_scheme(text);
	if (!host || !(g_ascii_isalnum(*host) || *host == '[' || (*host & 0x80)))
		return 0;

	size_t depth[G_N_ELEMENTS(openers)] = { 0 };
	const char *end = host;
	for (const char *p = host; *p;) {
		uint32_t c = chars_next(&p);
		const char *opener = c < 0x80 ? strchr(openers, (int)c) : NULL;
		const char *closer = c < 0x80 ? strchr(closers, (int)c) : NULL;
		if (opener)
			depth[opener - openers]++;
		if (delimits(c) || (closer && !depth[closer - closers]--))
			break;
		if (!trails(c))
			end = p;
	}
	return end > host ? (size_t)(end - text) : 0;
}
