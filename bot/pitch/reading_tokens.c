#include "pitch/reading_tokens.h"

#include <glib.h>
#include <string.h>

/* Of a message, and of a word: there is room for so many from the start. */
enum { WORDS = 32, ATOMS = 4 };
/* Of a node of the trie: up to so many are compared one by one. */
enum { FEW_EDGES = 8 };

struct scan {
	struct reading_tokens *into;
	const char *at;
	bool starts;
	unsigned sentence;  /* its first token */
	const char *quoted; /* up to here */
};

static void add_atoms(struct scan *s, uint16_t list)
{
	const uint16_t *atoms = cues_atoms + list;
	if (atoms[0] == 0)
		return;
	struct reading_token *last =
		&g_array_index(s->into->tokens, struct reading_token, s->into->tokens->len - 1);
	for (unsigned i = 1; i <= atoms[0]; i++)
		last->may_be |= reading_atom_bit(atoms[i]);
	g_array_append_vals(s->into->atoms, atoms + 1, atoms[0]);
}

static bool step(unsigned *node, unsigned char byte)
{
	unsigned from = cues_trie_first[*node], n = cues_trie_first[*node + 1] - from;
	const uint8_t *edges = cues_trie_byte + from, *edge = NULL;
	if (n > FEW_EDGES) /* words begin with many bytes, and go on with few */
		edge = memchr(edges, byte, n);
	else
		for (unsigned e = 0; e < n && !edge; e++)
			if (edges[e] == byte)
				edge = edges + e;
	if (edge)
		*node = from + (unsigned)(edge - edges) + 1;
	return edge;
}

/* What the lists know of a word; an apostrophe in it is passed over, and ё is е, as people type it.
 */
static void look_up(struct scan *s, const char *word, size_t n)
{
	static const char YO[] = "ё", YE[] = "е";
	unsigned node = 0;
	bool yo = false;
	for (size_t i = 0; i < n; i++) {
		if (word[i] == '\'')
			continue;
		yo = yo ? false : n - i >= 2 && memcmp(word + i, YO, 2) == 0;
		unsigned char byte = (unsigned char)word[i];
		if (yo)
			byte = (unsigned char)YE[0];
		else if (i > 0 && byte == (unsigned char)YO[1] && word[i - 1] == YO[0])
			byte = (unsigned char)YE[1];
		if (!step(&node, byte))
			return;
		if (cues_trie_prefix[node] > 0)
			add_atoms(s, cues_trie_prefix[node]);
	}
	add_atoms(s, cues_trie_exact[node]);
}

static void begin_token(struct scan *s)
{
	struct reading_token t = {
		.atoms = s->into->atoms->len,
		.starts = s->starts,
		.quoted = s->at < s->quoted,
	};
	if (s->starts)
		s->sentence = s->into->tokens->len;
	s->starts = false;
	g_array_append_val(s->into->tokens, t);
}

static void end_sentence(struct scan *s, bool asked)
{
	if (s->starts)
		return;
	if (asked) {
		s->into->questions++;
		for (unsigned i = s->sentence; i < s->into->tokens->len; i++)
			g_array_index(s->into->tokens, struct reading_token, i).asked = true;
	}
	s->starts = true;
}

static bool letter_at(const char *at)
{
	unsigned char c = (unsigned char)*at;
	return c < 0x80 ? g_ascii_isalpha(c) : g_unichar_isalpha(g_utf8_get_char(at));
}

static bool has(const char *at, size_t n, const char *part)
{
	return g_strstr_len(at, (gssize)n, part) != NULL;
}

/* The label of a host that says whose it is: "example" of www.example.org. */
static void host_label(const char *at, size_t n, const char **ret_label, size_t *ret_n)
{
	const char *host = g_strstr_len(at, (gssize)n, "://");
	host = host ? host + 3 : at;
	size_t left = n - (size_t)(host - at);
	size_t length = strcspn(host, "/?#: \n");
	length = MIN(length, left);
	size_t end = length, from;
	while (end > 0 && host[end - 1] != '.')
		end--;
	end -= end > 0;
	for (from = end; from > 0 && host[from - 1] != '.';)
		from--;
	*ret_label = host + from;
	*ret_n = end - from;
}

static void add_link(struct scan *s, const char *at, size_t n)
{
	const char *label;
	size_t label_n;
	begin_token(s);
	s->into->links++;
	add_atoms(s, cues_class_atoms[CUE_LINK]);
	if (has(at, n, "ref=") || has(at, n, "/ref/") || has(at, n, "aff=") ||
	    has(at, n, "referr") || has(at, n, "/invite/") || has(at, n, "tag="))
		add_atoms(s, cues_class_atoms[CUE_REFERRAL]);
	host_label(at, n, &label, &label_n);
	look_up(s, label, label_n);
}

/* A name with a dot that people type without https://; the ends are those people use, as "end.the"
 * is more often a missing space. */
static bool is_domain(const char *at, size_t n)
{
	static const char *const ENDS[] = {
		"com",    "org",  "net",  "io",   "dev",  "app",     "shop", "store", "co",
		"me",     "tv",   "gg",   "ly",   "ai",   "biz",     "info", "xyz",   "site",
		"online", "club", "link", "page", "blog", "example", "de",   "at",    "ch",
		"es",     "fr",   "it",   "pt",   "br",   "nl",      "ru",   "uk",    "us",
		"eu",     "in",   "ca",   "au",   "mx",   "ar",      "pl",   "fm",    "be",
		"gl",     "ee",   "vip",  "pro",  "top",  "gle",     "рф",   NULL
	};
	size_t host = 0;
	while (host < n && at[host] != '/' && at[host] != '?' && at[host] != ':')
		host++;
	size_t dot = host;
	while (dot > 0 && at[dot - 1] != '.')
		dot--;
	if (dot < 3)
		return false;
	for (const char *const *end = ENDS; *end; end++)
		if (strlen(*end) == host - dot && memcmp(at + dot, *end, host - dot) == 0)
			return host < n || strcmp(*end, "me") != 0;
	return false;
}

/* A link or an address, which end where the white space begins. */
static bool take_address(struct scan *s)
{
	size_t n = strcspn(s->at, " \n\t\"'<>()[]{}|,");
	while (n > 0 && strchr(".!?:;*_~", s->at[n - 1]))
		n--;
	if (!memchr(s->at, '.', n) && !memchr(s->at, ':', n))
		return false; /* as nearly all words */
	const char *sign = memchr(s->at, '@', n);
	bool scheme = g_str_has_prefix(s->at, "http://") || g_str_has_prefix(s->at, "https://") ||
		      g_str_has_prefix(s->at, "www.");
	if (!scheme && !memchr(s->at, '.', n))
		return false;
	if (!scheme && sign && sign > s->at && memchr(sign, '.', n - (size_t)(sign - s->at))) {
		begin_token(s);
		add_atoms(s, cues_class_atoms[CUE_MAIL]);
	} else if (scheme || (!sign && is_domain(s->at, n))) {
		add_link(s, s->at, n);
	} else {
		return false;
	}
	s->at += n;
	return true;
}

static bool take_handle(struct scan *s)
{
	size_t n = 1;
	if (*s->at != '@')
		return false;
	while (g_ascii_isalnum(s->at[n]) || s->at[n] == '_' ||
	       (s->at[n] == '.' && g_ascii_isalnum(s->at[n + 1])))
		n++;
	if (n < 3)
		return false;
	begin_token(s);
	add_atoms(s, cues_class_atoms[CUE_HANDLE]);
	s->at += n;
	return true;
}

/* The bytes of a currency sign, 0 if there is none. */
static size_t currency(const char *at)
{
	static const char *const SIGNS[] = { "$", "€", "£", "₽", "₹", "¥", NULL };
	if (!*at || !strchr("$\xC2\xE2", *at)) /* how they begin */
		return 0;
	for (const char *const *sign = SIGNS; *sign; sign++)
		if (g_str_has_prefix(at, *sign))
			return strlen(*sign);
	return 0;
}

/* 19, 1,200.50, 10k, 24/7, $19, 19 €, 10%. */
static bool take_number(struct scan *s)
{
	size_t before = currency(s->at), n = before;
	while (before > 0 && s->at[n] == ' ')
		n++;
	if (!g_ascii_isdigit(s->at[n]))
		return false;
	while (g_ascii_isdigit(s->at[n]) ||
	       (strchr(".,:/+-", s->at[n]) && s->at[n] && g_ascii_isdigit(s->at[n + 1])))
		n++;
	if (strchr("kmx+", s->at[n]) && s->at[n] && !letter_at(s->at + n + 1))
		n++;
	size_t space = s->at[n] == ' ';
	size_t after = currency(s->at + n + space);
	begin_token(s);
	add_atoms(s, cues_class_atoms[CUE_NUMBER]);
	if (before > 0 || after > 0)
		add_atoms(s, cues_class_atoms[CUE_MONEY]);
	if (s->at[n + space] == '%')
		add_atoms(s, cues_class_atoms[CUE_PERCENT]);
	s->at += n + (after > 0 ? space + after : 0);
	return true;
}

/* l', d', qu' of French are words of their own, so that "l'offre" and "offre" are the same. */
static bool elided(const char *word, size_t n)
{
	return (n == 1 && strchr("ldjnmtsc", word[0])) || (n == 2 && memcmp(word, "qu", 2) == 0);
}

static void take_word(struct scan *s)
{
	const char *word = s->at;
	do {
		s->at = g_utf8_next_char(s->at);
		if (*s->at == '\'' && letter_at(s->at + 1)) {
			if (elided(word, (size_t)(s->at - word)))
				break;
			s->at++;
		}
	} while (letter_at(s->at) || g_ascii_isdigit(*s->at));
	begin_token(s);
	look_up(s, word, (size_t)(s->at - word));
}

/* Signs that shout or point. */
static bool is_loud(gunichar c)
{
	return (c >= 0x1F446 && c <= 0x1F449) || (c >= 0x1F4B0 && c <= 0x1F4B8) || c == 0x1F525 ||
	       c == 0x1F680 || c == 0x2705 || c == 0x203C || c == 0x27A1 || c == 0x1F381 ||
	       c == 0x1F4C8 || c == 0x2757;
}

/* A few words in quotation marks are shown, not said; more of them are blanked out before (see
 * fold_unquoted). */
static void take_quotation(struct scan *s)
{
	size_t n = strcspn(s->at + 1, "\"\n");
	if (s->at >= s->quoted && n > 0 && s->at[1 + n] == '"' && s->at[1] != ' ')
		s->quoted = s->at + 1 + n;
}

static void take_sign(struct scan *s)
{
	gunichar c = g_utf8_get_char(s->at);
	size_t run = strspn(s->at, ".!?");
	if (run > 0) {
		bool asked = memchr(s->at, '?', run) != NULL;
		s->into->loud += run >= 2 && memchr(s->at, '!', run) != NULL;
		/* "10.30", "a.b": no end. */
		if (asked || memchr(s->at, '!', run) || run > 1 || !letter_at(s->at + run))
			end_sentence(s, asked);
		s->at += run;
		return;
	}
	if (c == '"')
		take_quotation(s);
	if (c == '\n' || c == 0x2026)
		end_sentence(s, false);
	else if (c == 0xBF || c == 0xA1) /* ¿ ¡ */
		end_sentence(s, false);
	s->into->loud += is_loud(c);
	s->at = g_utf8_next_char(s->at);
}

void reading_tokens_init(struct reading_tokens *t, const char *text)
{
	*t = (struct reading_tokens){
		.tokens = g_array_sized_new(FALSE, FALSE, sizeof(struct reading_token), WORDS),
		.atoms = g_array_sized_new(FALSE, FALSE, sizeof(uint16_t), WORDS * ATOMS),
	};
	struct scan s = { .into = t, .at = text, .starts = true };
	bool boundary = true; /* before what is next: an address begins where a word could */
	while (*s.at) {
		if (*s.at == ' ') { /* the most frequent sign, which says nothing */
			boundary = true;
			s.at++;
		} else if (boundary && take_address(&s)) {
			boundary = false;
		} else if (take_handle(&s) || take_number(&s)) {
			boundary = false;
		} else if (letter_at(s.at)) {
			take_word(&s);
			boundary = *s.at == '\'';
		} else {
			boundary = true;
			take_sign(&s);
		}
	}
	end_sentence(&s, false);
	begin_token(&s);
}

void reading_tokens_done(struct reading_tokens *t)
{
	g_array_free(t->tokens, TRUE);
	g_array_free(t->atoms, TRUE);
}

unsigned reading_tokens_n(const struct reading_tokens *t)
{
	return t->tokens->len - 1;
}
