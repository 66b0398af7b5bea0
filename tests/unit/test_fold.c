#include "pitch/fold.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ZWSP "\u200b"
#define ZWNJ "\u200c"
#define ZWJ  "\u200d"
#define SHY  "\u00ad"

struct fold_case {
	const char *text, *expected;
	unsigned marks;
};

static void folds(const struct fold_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct fold once, twice;

		fold_init(&once, cases[i].text);
		fold_init(&twice, once.text);
		assert_string_equal(once.text, cases[i].expected);
		if (once.marks != cases[i].marks)
			fail_msg("\"%s\": marks %u, expected %u", cases[i].text, once.marks,
				 cases[i].marks);
		assert_string_equal(twice.text, cases[i].expected);
		fold_done(&once);
		fold_done(&twice);
	}
}

/* Texts that stay as they are but for their case. */
static void stay(const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		g_autofree char *lower = g_utf8_strdown(texts[i], -1);
		struct fold_case unmarked = { texts[i], lower, 0 };

		folds(&unmarked, 1);
	}
}

static void fold_init__blanks_and_controls__are_tidied(void **state)
{
	static const struct fold_case cases[] = {
		{ "", "", 0 },
		{ " \t\n ", "", 0 },
		{ "  One \t two  ", "one two", 0 },
		{ "one \r\n\n two\u2028three\u00a0four", "one\ntwo\nthree four", 0 },
		{ "a\x02"
		  "b\x1f c\x7f",
		  "ab c", 0 },
		{ "\x03"
		  "04,12red\x03 \x04"
		  "ff0000hot",
		  "red hot", 0 },
		{ "caf\xe9", "caf\ufffd", 0 },
	};
	folds(cases, G_N_ELEMENTS(cases));
}

static void fold_init__accents_and_punctuation__are_plain(void **state)
{
	static const struct fold_case cases[] = {
		{ "Größe, ŒUVRE, Ærø, Łódź, Đorđe", "grosse, oeuvre, aero, lodz, dorde", 0 },
		{ "ÉTÉ e\u0301te\u0301 İstanbul ışık", "ete ete istanbul isik", 0 },
		{ "Z\u0335\u0321a\u0336l\u0337go", "zalgo", 0 },
		{ "“Hello” ‘you’ «there» it’s", "\"hello\" 'you' \"there\" it's", 0 },
		{ "one – two — three…", "one - two - three...", 0 },
		{ "м\u043e\u0439 й ё", "мой й ё", 0 },
		{ "が か\u3099", "が が", 0 },
		{ "m² 1ˢᵗ ½ Acme™ ﬁne", "m2 1st 1/2 acme™ fine", 0 },
	};
	folds(cases, G_N_ELEMENTS(cases));
}

static void fold_init__nothing_to_see__goes(void **state)
{
	static const struct fold_case cases[] = {
		{ "fr" ZWSP "ee", "free", FOLD_HIDDEN },
		{ "mo" SHY "ney", "money", FOLD_HIDDEN },
		{ "c\u2060l\u200ei\u202ec\u034fk", "click", FOLD_HIDDEN },
		{ "fr\ufe0f\U000e0041ee", "free", FOLD_HIDDEN },
		{ "fr\u3164ee", "free", FOLD_HIDDEN },
		{ "\ufefffree " ZWSP "money" ZWSP "!", "free money!", 0 },
		{ "\U0001f469" ZWJ "\U0001f4bb \u2764\ufe0f", "\U0001f469\U0001f4bb \u2764", 0 },
		{ "می" ZWNJ "خواهم", "میخواهم", 0 },
		{ "क्" ZWJ "ष", "क्ष", 0 },
	};
	folds(cases, G_N_ELEMENTS(cases));
}

static void fold_init__letters_of_several_scripts__are_of_one(void **state)
{
	static const struct fold_case cases[] = {
		{ "fr\u0435\u0435 m\u043eney", "free money", FOLD_LOOKALIKE },
		{ "\u0440aypal", "paypal", FOLD_LOOKALIKE },
		{ "\u0421lick h\u0435re", "click here", FOLD_LOOKALIKE },
		{ "m\u03bfney fr\u0585m", "money from", FOLD_LOOKALIKE },
		{ "\u13a2\u13a1\u13aa\u13a0e now", "trade now", FOLD_LOOKALIKE },
		{ "\u0441\u043e\u0440\u0443 this signal", "copy this signal", FOLD_LOOKALIKE },
		{ "\u039d\u039f buts about it", "no buts about it", FOLD_LOOKALIKE },
		{ "Зарaбoток в интернете", "заработок в интернете", FOLD_LOOKALIKE },
		{ "Пoмогу oт души", "помогу от души", FOLD_LOOKALIKE },
	};
	folds(cases, G_N_ELEMENTS(cases));
}

static void fold_init__a_script_of_its_own__stays(void **state)
{
	static const char *const texts[] = {
		"Вчера купил себе Xerox",
		"сору",                   /* alone: a Russian word, for all we know */
		"сор и мусор на Windows", /* twins, but others are Russian */
		"привет, how are you",    /* not one that looks Latin */
		"SMSка пришла в офис",
		"Καλημέρα from Athens",
		"ναι, that is right",
		"а cat", /* too little to tell */
		"5 μm, 3 μs, Δt and 10 kΩ",
		"Տուն",
		"Tシャツ",
		"日本語 and 한국어",
		"שלום עולם",
	};
	stay(texts, G_N_ELEMENTS(texts));
}

static void fold_init__styled_letters__are_plain(void **state)
{
	static const struct fold_case cases[] = {
		{ "ＦＲＥＥ money", "free money", FOLD_LOOKALIKE },
		{ "日本語のＴＶ番組", "日本語のtv番組", 0 },
		{ "𝐅𝐫𝐞𝐞 𝓶𝓸𝓷𝓮𝔂", "free money", FOLD_LOOKALIKE },
		{ "𝑥 in ℝ", "x in r", 0 },
		{ "ⓕⓡⓔⓔ 🄵🅁🄴🄴 🅵🆁🅴🅴", "free free free", FOLD_LOOKALIKE },
		{ "blood type 🅰\ufe0f", "blood type 🅰", 0 },
		{ "ꜰʀᴇᴇ ɢɪꜰᴛ", "free gift", FOLD_LOOKALIKE },
		{ "ᶠʳᵉᵉ", "free", FOLD_LOOKALIKE },
		{ "🇫 🇷 🇪 🇪", "free", FOLD_LOOKALIKE | FOLD_SPACED },
		{ "from 🇩🇪 to 🇫🇷🇪🇪", "from 🇩🇪 to 🇫🇷🇪🇪", 0 },
	};
	folds(cases, G_N_ELEMENTS(cases));
}

static void fold_init__digits_for_letters__are_letters(void **state)
{
	static const struct fold_case cases[] = {
		{ "Fr33 m0ney!!!", "free money!!!", FOLD_LEET },
		{ "5ubscribe, cl1ck h3re", "subscribe, click here", FOLD_LEET },
		{ "c@sh and $ale, e@rn", "cash and sale, earn", FOLD_LEET },
		{ "on1ine fo11owers", "online followers", FOLD_LEET },
		{ "b1tc01n pr0f1t", "bitcoin profit", FOLD_LEET },
		{ "y0u c4n d0n@te m0re", "you can donate more", FOLD_LEET },
		{ "(m0ney-back)", "(money-back)", FOLD_LEET },
		{ "fr33 st1ckers via web3", "free stickers via web3", FOLD_LEET },
		{ "f r 3 3 stuff", "free stuff", FOLD_LEET | FOLD_SPACED },
	};
	folds(cases, G_N_ELEMENTS(cases));
}

static void fold_init__names_with_digits__stay(void **state)
{
	static const char *const texts[] = {
		"at 3pm on the 1st or 2nd, 20k or 4k, 3x5",
		"v2 h264 mp3 web3 win10 i18n l10n a11y utf8 sha256 x86_64 b2b k8s ISO8601 C++",
		"ext4 ipv4 neo4j log4j python3 gtk2 libc6 eth0 sda1 i386 amd64 md5 base64",
		"ana@work:~$ echo $HOME; ssh root@localhost",
		"user@example.org @h4ndle n00b_ana: l33tana: #3 $49",
		"commit 3a4f5e0 and c0ffee, c0de, 0x1f, 1.2.3, #5a5a5a",
		"e3b0c442-98fc-1c14-9afb-f4c8996fb924",
		"/usr/fr33/m0ney m0ney.txt m0ney_back https://example.com/fr33-m0ney",
		"sub4sub st1ckers", /* nothing sure beside them */
	};
	stay(texts, G_N_ELEMENTS(texts));
}

static void fold_init__letters_set_apart__are_words(void **state)
{
	static const struct fold_case cases[] = {
		{ "f r e e", "free", FOLD_SPACED },
		{ "get F R E E   M O N E Y now", "get free money now", FOLD_SPACED },
		{ "F.R.E.E m-o-n-e-y c_a_s_h b*o*n*u*s", "free money cash bonus", FOLD_SPACED },
		{ "f - r - e - e", "free", FOLD_SPACED },
		{ "a f r e e one", "a free one", FOLD_SPACED },
		{ "b u y this", "buy this", FOLD_SPACED },
		{ "z e b r a s", "zebras", FOLD_SPACED },
		{ "B U Y  F O L L O W E R S  5 0 %  O F F  https://grow.example",
		  "buy followers 50% off https://grow.example", FOLD_SPACED },
		{ "f r e e !  5 0 0  o n l y", "free! 500 only", FOLD_SPACED },
		{ "w w w . example . com", "www.example.com", FOLD_SPACED | FOLD_DEFANGED },
		{ "shop . c o m", "shop.com", FOLD_SPACED | FOLD_DEFANGED },
	};
	folds(cases, G_N_ELEMENTS(cases));
}

static void fold_init__single_letters__stay(void **state)
{
	static const char *const texts[] = {
		"options a b c d or a c e g",
		"U.S.A. and U.S.S.R. and N.A.T.O. and i.e. and e.g. this",
		"x y z w",
		"plan a, plan b",
		"chmod r w x",
		"f.r.e.e.com and /f-r-e-e/ and https://example.com/(f-r-e-e)",
		"ls -f -r -e -e",
		"C-x C-c",
	};
	stay(texts, G_N_ELEMENTS(texts));
}

static void fold_init__defanged_links__are_whole(void **state)
{
	static const struct fold_case cases[] = {
		{ "hxxps://Example[.]com/a[.]b", "https://example.com/a[.]b", FOLD_DEFANGED },
		{ "hxxp[:]//example(.)co(.)uk", "http://example.co.uk", FOLD_DEFANGED },
		{ "https://example [dot] com", "https://example.com", FOLD_DEFANGED },
		{ "example[dot]com, example (dot) org", "example.com, example.org", FOLD_DEFANGED },
		{ "my shop is example dot com", "my shop is example.com", FOLD_DEFANGED },
		{ "shop dot example dot com/x", "shop.example.com/x", FOLD_DEFANGED },
		{ "user [at] example [dot] org", "user@example.org", FOLD_DEFANGED },
		{ "192[.]168[.]0[.]1", "192.168.0.1", FOLD_DEFANGED },
		{ "example . com", "example.com", FOLD_DEFANGED },
	};
	folds(cases, G_N_ELEMENTS(cases));
}

static void fold_init__dots_in_talk__stay(void **state)
{
	static const char *const texts[] = {
		"the dot com years, a dot com",
		"we use dot net here",
		"node dot js",
		"join us [at] noon",
		"an array[i] and [.] alone",
		"I like [dot] notation",
		"end . Next",
		"https://example.com/?q=[dot]&r=hxxp://x",
	};
	stay(texts, G_N_ELEMENTS(texts));
}

static void fold_init__long_text__is_cut_at_a_character(void **state)
{
	g_autoptr(GString) text = g_string_new("-");
	struct fold f;

	while (text->len < FOLD_MOST)
		g_string_append(text, "ж");
	fold_init(&f, text->str);
	assert_int_equal(strlen(f.text), FOLD_MOST - 1);
	assert_true(g_utf8_validate(f.text, -1, NULL));
	fold_done(&f);
	fold_done(NULL);
}

/* What takes more than linear time does not end with these. */
static void fold_init__monotonous_text__takes_linear_time(void **state)
{
	static const char *const units[] = {
		"a ",     "a.",           "f r e e  ", "\u0301", "e\u0301", "ж\u0301",
		"\uff9e", "\u3099\u0301", "1a",        "a1b ",   "[.]a",    "a[.]",
		" dot ",  "http://",      "www.",      "\ufdfa", "🇩",       ZWSP,
		"🅰",      "fr\u0435 ",    "\xff",      "a@",     "\n",      "a-",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		struct fold once, twice;

		while (text->len < FOLD_MOST + 100)
			g_string_append(text, units[i]);
		fold_init(&once, text->str);
		fold_init(&twice, once.text);
		assert_true(strlen(once.text) <= FOLD_MOST);
		assert_string_equal(once.text, twice.text);
		g_autofree char *key = fold_key(&once);
		assert_non_null(key);
		fold_done(&once);
		fold_done(&twice);
	}
}

static char *key_of(const char *text)
{
	struct fold f;

	fold_init(&f, text);
	char *key = fold_key(&f);
	fold_done(&f);
	return key;
}

static void fold_key__words_and_numbers__are_left(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "", "" },
		{ "!!! \U0001f680 …", "" },
		{ "Get 50% OFF, today!", "get 50 off today" },
		{ "Don't \U0001f680 wait", "dont wait" },
		{ "ana: check this", "check this" },
		{ "@ana check this", "check this" },
		{ "@ana:example.org: check this", "check this" },
		{ "Ana, check this", "check this" },
		{ "hi ana, check this", "hi check this" },
		{ "hello @ben check this", "hello check this" },
		{ "hello, check this", "hello check this" },
		{ "free, check this", "free check this" },
		{ "ana:", "ana" },
		{ "https://www.Example.com/Shop/?ref=1#top now", "example.com/shop now" },
		{ "example.com/shop, now", "example.com/shop now" },
		{ "http://example.com", "example.com" },
		{ "hxxp://example[.]com/", "example.com" },
		{ "купи сейчас!", "купи сейчас" },
		{ "f r e e m0ney", "free money" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *key = key_of(cases[i].text);
		assert_string_equal(key, cases[i].expected);
	}
}

static void fold_unquoted__what_is_only_shown__is_blank(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "> buy now\nno", " \nno" },
		{ "> <@ana:example.org> buy\n> now\n\nno thanks", " \n \n\nno thanks" },
		{ "  >> buy\nno", " \nno" },
		{ "run `make all` twice", "run   twice" },
		{ "``a `b` c`` d", "  d" },
		{ "see\n```sh\nbuy now\n```\nok", "see\n \n \n \nok" },
		{ "```buy now``` ok", "  ok" },
		{ "<ana> buy now\nlol", " \nlol" },
		{ "[12:03] <@ana> buy\n12:03:59 <ben> now", " \n " },
		{ "he said \"buy it now\" again", "he said   again" },
		{ "he said 'buy it, it's cheap' again", "he said   again" },
		{ "“buy it now”, „buy it now“, «buy it now», « buy it now »", " ,  ,  ,  " },
		{ "»buy it now« ‘buy it, don’t ask’ ‹buy it now›!", "     !" },
		{ "“buy it\nright now” ok", " \n  ok" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *rest = fold_unquoted(cases[i].text);
		assert_string_equal(rest, cases[i].expected);
	}
}

static void fold_unquoted__what_is_said__stays(void **state)
{
	static const char *const texts[] = {
		"",
		"plain  words\n\n and\ttabs ",
		"a > b and c >= d",
		">_< oh",
		"<b>bold claim</b>",
		"12:03 is late",
		"nick | text",
		"one ` tick and ``two",
		"```\nnever closed",
		"the \"great\" and \"very great\" thing",
		"a 5\" disk and a 3\" one and more",
		"an \"unbalanced mark and more words",
		"\"not over\nthe line end\"",
		"“unbalanced and more words",
		"don’t say it’s not what we’re after",
		"don't say it's the dogs' fault, rock 'n' roll",
		"broken \xff\xe2\x80 bytes \xe2",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *rest = fold_unquoted(texts[i]);
		assert_string_equal(rest, texts[i]);
	}
}

static void fold_unquoted__monotonous_text__takes_linear_time(void **state)
{
	static const char *const units[] = {
		"`",    "` `` ``` ", "```\n", "\"a ", " \"", "“",    "“a ", "„a “",   " '",
		" 'a ", "«",         "»a ",   " ‘",   ">",   "<a> ", "\n",  "12:03 ",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		while (text->len < 100000)
			g_string_append(text, units[i]);
		g_autofree char *rest = fold_unquoted(text->str);
		assert_non_null(rest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fold_init__blanks_and_controls__are_tidied),
		cmocka_unit_test(fold_init__accents_and_punctuation__are_plain),
		cmocka_unit_test(fold_init__nothing_to_see__goes),
		cmocka_unit_test(fold_init__letters_of_several_scripts__are_of_one),
		cmocka_unit_test(fold_init__a_script_of_its_own__stays),
		cmocka_unit_test(fold_init__styled_letters__are_plain),
		cmocka_unit_test(fold_init__digits_for_letters__are_letters),
		cmocka_unit_test(fold_init__names_with_digits__stay),
		cmocka_unit_test(fold_init__letters_set_apart__are_words),
		cmocka_unit_test(fold_init__single_letters__stay),
		cmocka_unit_test(fold_init__defanged_links__are_whole),
		cmocka_unit_test(fold_init__dots_in_talk__stay),
		cmocka_unit_test(fold_init__long_text__is_cut_at_a_character),
		cmocka_unit_test(fold_init__monotonous_text__takes_linear_time),
		cmocka_unit_test(fold_key__words_and_numbers__are_left),
		cmocka_unit_test(fold_unquoted__what_is_only_shown__is_blank),
		cmocka_unit_test(fold_unquoted__what_is_said__stays),
		cmocka_unit_test(fold_unquoted__monotonous_text__takes_linear_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
