/* Digits and signs in the place of letters, told from names that have them ("h264", "web3"): a
 * word is read if what comes out is one that people do disguise; once one was, others are if they
 * could be a word. */
#include "pitch/fold.h"
#include "pitch/fold_private.h"

#include <string.h>

enum {
	WORD_LEAST = 3,
	ONES_MOST = 3, /* i or l: all ways are tried for so many, in order */
};

/* Of each first letter: what is common in chat, or in offers. In English, and a few words of
 * the other languages that offers come in. */
static const char *const words[] = {
	"about access account act add advice affiliate all amazing amazon and angebot any apply "
	"app "
	"are argent ask attract automate available",
	"back bank bargain base because become before beginner benefit best bet better bitcoin "
	"bonus "
	"book boost bot brand business but buy",
	"call can car card cash casino channel cheap check claim click client code coin coaching "
	"come "
	"comment company contact content copy cost could coupon course create credit crypto "
	"customer",
	"daily day deal delivery deposit diamond dinero discount dollar dollars don donate "
	"donation done double "
	"down "
	"download dropship",
	"earn earning easy ebook email ethereum euro every everyone exclusive expert extra",
	"fast fee feedback first fit follow follower for forex free from fully fund funds",
	"gain get gift give giveaway gold good great gratis gratuit gratuito group growth "
	"guarantee "
	"guaranteed guide geld ganar",
	"hack have health hello help here hire home hot how hurry",
	"income incredible instagram instant interest invest investor investment invite",
	"job join just jetzt",
	"know kaufen kostenlos",
	"latest learn level like limited link linkedin list live loan login look lose love loss "
	"lottery",
	"make making manage market marketing member membership message million miss mobile money "
	"month "
	"monthly more must my",
	"need netflix network new newsletter not now number",
	"offer office official online only open opportunity order our out over",
	"paid page partner partnership password pay payment paypal percent people phone pills "
	"playlist "
	"plus please poker position premium present price private prize product profit profitable "
	"program promo promote promotion proof purchase",
	"quality quick quit",
	"real referral register registration reply results reward rich risk rolex",
	"safe sale sales save saving secret secure sell seller send service services share ship "
	"shop "
	"shopping should sign signal signals site skill small social software solution some "
	"special "
	"start startup stock stop store strategy stream subscribe subscriber subscription success "
	"support sure survey system",
	"take teach team telegram tell thank that the their there these they think this tiktok "
	"time "
	"today token trade trader trading traffic training trial trust turn tutorial twitter",
	"unlimited unlock update upgrade urgent use",
	"verdienen verified very viagra video view vip visit visitor vitamin",
	"want was watch way wealth webinar website week weekly weight what whatsapp when who why "
	"will "
	"win winner with without woman work worker world would",
	"xanax",
	"year yes you your youtube",
	"zoom",
};

/* Names that a text full of disguise may have as they are. */
static const char names[] = " web3 python3 gtk3 id3 ";

static bool is_listed(const char *word, size_t n)
{
	if (*word < 'a' || *word > 'z')
		return false;
	for (const char *p = words[*word - 'a']; *p;) {
		size_t length = strcspn(p, " ");

		if (length == n && !memcmp(p, word, n))
			return true;
		p += length;
		p += *p == ' ';
	}
	return false;
}

bool fold_is_word(const char *word)
{
	static const char *const endings[] = { "s", "d", "r", "ed", "er", "ers", "ing" };
	size_t n = strlen(word);

	if (n >= WORD_LEAST && is_listed(word, n))
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
		size_t ending = strlen(endings[i]);

		if (n >= ending + 4 && !memcmp(word + n - ending, endings[i], ending) &&
		    is_listed(word, n - ending))
			return true;
	}
	return false;
}

bool fold_is_sayable(const char *word)
{
	enum { CONSONANTS_MOST = 4, VOWELS_MOST = 3 };
	unsigned vowels = 0, consonants = 0, in_a_row = 0;
	bool was_vowel = false;

	for (const char *p = word; *p; p++) {
		if (!g_ascii_islower(*p))
			return false;
		bool vowel = strchr("aeiouy", *p);
		in_a_row = p > word && vowel == was_vowel ? in_a_row + 1 : 1;
		if (in_a_row > (vowel ? VOWELS_MOST : CONSONANTS_MOST))
			return false;
		vowels += vowel;
		consonants += !vowel;
		was_vowel = vowel;
	}
	return vowels > 0 && consonants > 0 && vowels * 4 >= consonants;
}

static bool is_sign(char c)
{
	return c == '$' || c == '@' || c == '!';
}

static bool is_one(char c)
{
	return c == '1' || c == '!';
}

/* The letter a digit or sign looks like; 0 for those that are only themselves. A one is an i. */
static char letter_for(char c)
{
	static const char from[] = "01!345$7", to[] = "oiieasst";
	const char *at = c ? strchr(from, c) : NULL;

	if (c == '@')
		return 'a';
	return at ? to[at - from] : 0;
}

struct count {
	unsigned letters, digits, signs, places; /* runs of digits or signs */
	bool hex;                                /* could be a hash, or a colour */
};

/* Whether the word is of letters and of what stands for some, no more. */
static bool count_word(const char *word, size_t n, struct count *ret)
{
	struct count count = { .hex = true };
	bool was_letter = true;

	for (size_t i = 0; i < n; i++) {
		bool letter = g_ascii_islower(word[i]);

		if (!letter && !letter_for(word[i]))
			return false;
		count.letters += letter;
		count.signs += is_sign(word[i]);
		count.digits += g_ascii_isdigit(word[i]);
		count.places += !letter && was_letter;
		count.hex = count.hex && g_ascii_isxdigit(word[i]);
		was_letter = letter;
	}
	*ret = count;
	return count.letters >= 2 && count.places > 0 && count.letters * 2 >= n;
}

/* `ways` has a bit for each of the first ones: an l. */
static void spell(const char *word, size_t n, unsigned ways, char *ret)
{
	unsigned ones = 0;

	for (size_t i = 0; i < n; i++) {
		ret[i] = g_ascii_islower(word[i]) ? word[i] : letter_for(word[i]);
		if (is_one(word[i])) {
			if (ones < ONES_MOST && (ways >> ones & 1))
				ret[i] = 'l';
			ones++;
		}
	}
	ret[n] = '\0';
}

bool fold_leet_word(const char *word, size_t n, char *ret)
{
	struct count count;

	if (n < WORD_LEAST || n > FOLD_WORD_MOST || !count_word(word, n, &count) || count.hex)
		return false;
	if (*word == '@' || *word == '!' || word[n - 1] == '!' || word[n - 1] == '@')
		return false;
	unsigned ones = 0;
	for (size_t i = 0; i < n; i++)
		ones += is_one(word[i]);
	for (unsigned ways = 0; ways < 1U << MIN(ones, ONES_MOST); ways++) {
		spell(word, n, ways, ret);
		if (fold_is_word(ret))
			return true;
	}
	return false;
}

/* A word we do not know, between others that are disguised for sure: digits inside it alone. */
static bool fold_doubtful(const char *word, size_t n, char *ret)
{
	g_autofree char *name = g_strdup_printf(" %.*s ", (int)n, word);
	struct count count;

	if (n < WORD_LEAST || n > FOLD_WORD_MOST || !count_word(word, n, &count) || count.hex)
		return false;
	if (count.signs || !g_ascii_islower(*word) || strstr(names, name))
		return false;
	bool at_end = !g_ascii_islower(word[n - 1]);
	if (at_end && (count.letters < 3 || (word[n - 1] != '3' && word[n - 1] != '0')))
		return false;
	/* sub4sub */
	if (n % 2 && word[n / 2] == '4' && !memcmp(word, word + n / 2 + 1, n / 2))
		return false;
	spell(word, n, 0, ret);
	return fold_is_sayable(ret);
}

typedef bool part_folder(const char *part, size_t n, char *ret);

static const char *end_of_token(const char *p)
{
	while (*p && !fold_is_blank(*p))
		p++;
	return p;
}

/* Without the punctuation around it; empty if it is a name: of a host, a file, a person. */
static void strip_token(const char **start, const char **end)
{
	while (*start < *end && strchr("\"'([{<*#,;:.!?", **start))
		++*start;
	if (*end > *start && (*end)[-1] == ':' && g_ascii_isalnum(**start))
		*end = *start; /* somebody addressed */
	while (*end > *start && strchr("\"')]}>*,;:.!?", (*end)[-1]))
		--*end;
	for (const char *p = *start; p < *end; p++)
		if (!g_ascii_isalnum(*p) && !is_sign(*p) && *p != '-' && *p != '\'')
			*end = *start;
}

/* Calls `fold` for the parts of the token that have digits or signs: true if one folded. `out` may
 * be NULL. */
static bool fold_token(const char *start, const char *end, part_folder *fold, GString *out)
{
	char word[FOLD_WORD_MOST + 1];
	bool folded = false;

	while (start < end) {
		size_t n = 0;
		while (start + n < end && start[n] != '-' && start[n] != '\'')
			n++;
		bool folds = fold(start, n, word);
		folded |= folds;
		if (out && folds)
			g_string_append(out, word);
		else if (out)
			g_string_append_len(out, start, (gssize)n);
		start += n;
		if (start < end && out)
			g_string_append_c(out, *start);
		start++;
	}
	return folded;
}

static bool fold_either(const char *part, size_t n, char *ret)
{
	return fold_leet_word(part, n, ret) || fold_doubtful(part, n, ret);
}

/* Whether there is a word in the text that is disguised beyond doubt. */
static bool any_sure(const char *text)
{
	for (const char *p = text; *p; p++) {
		const char *start = p, *end = end_of_token(p);

		p = end;
		strip_token(&start, &end);
		if (fold_token(start, end, fold_leet_word, NULL))
			return true;
		if (!*p)
			break;
	}
	return false;
}

void fold_leet(const char *text, GString *out, unsigned *marks)
{
	if (!strpbrk(text, "013457$@!") || !any_sure(text)) {
		g_string_append(out, text);
		return;
	}
	for (const char *p = text; *p;) {
		const char *start = p, *end = end_of_token(p), *token_end = end;

		strip_token(&start, &end);
		g_string_append_len(out, p, start - p);
		fold_token(start, end, fold_either, out);
		g_string_append_len(out, end, token_end - end);
		p = token_end;
		if (*p)
			g_string_append_c(out, *p++);
	}
	*marks |= FOLD_LEET;
}
