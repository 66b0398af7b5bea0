#include "app/talk.h"

#include "clock.h"
#include "pitch/fold.h"

#include <string.h>

#define LINES_LAST_US     CLOCK_US_PER_HOUR
#define LINES_MOST        2000
#define TEXT_LASTS_US     (2 * CLOCK_US_PER_MINUTE)
#define QUESTIONS_LAST_US (30 * CLOCK_US_PER_MINUTE)
#define NEXT_WITHIN_US    (5 * CLOCK_US_PER_MINUTE)
/* People who write one thing in several messages do not pause for longer in between. */
#define PAUSE_MOST_US (30 * CLOCK_US_PER_SECOND)
#define JOINED_MOST   8

/* A word says what a question is about if it is at least this long; so much of it is compared, so
 * that "invoice" and "invoices" are one. */
enum { WORD_LEAST = 5, WORD_COMPARED = 6 };

struct talk {
	GQueue lines; /* of struct talk_line, the oldest first */
	GList *texts; /* the first of them that still has its text; NULL: none */
};

/* clang-format off */
/* Long words that say nothing about what a text is about, folded. Only their first WORD_COMPARED
 * letters count, as with all words. */
static const char *const empty_words[] = {
	/* English */
	"about", "after", "again", "almost", "already", "always", "another", "anybody",
	"anyone", "anything", "around", "because", "before", "being", "better", "between",
	"could", "couldn", "doesn", "doing", "enough", "every", "everybody", "everyone",
	"everything", "first", "going", "great", "having", "hello", "little", "maybe", "might",
	"moment", "myself", "other", "people", "please", "question", "really", "recommend",
	"right", "should", "since", "somebody", "someone", "something", "still", "stuff",
	"thanks", "their", "there", "these", "thing", "think", "those", "though", "today",
	"tools", "trying", "using", "wanted", "where", "which", "while", "without", "working",
	"works", "would", "years", "yours", "https", "example",
	/* German */
	"andere", "brauche", "danke", "denke", "diese", "einen", "einer", "gerade", "gutes",
	"haben", "hallo", "heute", "immer", "jemand", "keine", "leute", "machen", "nicht",
	"nutzt", "schon", "sowas", "unter", "vielleicht", "weiss", "welche", "wissen", "wurde",
	/* Spanish, Portuguese */
	"alguem", "alguien", "alguna", "buenas", "coisa", "conhece", "conocen", "cosas",
	"donde", "estou", "estoy", "gracias", "hacer", "mucho", "muito", "obrigado", "quando",
	"sobre", "tengo", "tenho", "usando", "voces",
	/* French */
	"avoir", "bonjour", "comme", "connaissez", "faire", "pouvez", "quand", "quelqu",
	"salut", "utilisez",
};
/* clang-format on */

static void line_free(void *data)
{
	struct talk_line *line = data;

	g_free(line->id);
	g_free(line->who);
	g_free(line->account);
	g_free(line->reply_to);
	g_free(line->answers);
	g_free(line->thread);
	g_free(line->thread_answers);
	g_free(line->file_name);
	g_free(line->room);
	g_free(line->shown);
	g_free(line->text);
	g_free(line->key);
	g_clear_pointer(&line->words, g_array_unref);
	g_free(line);
}

struct talk *talk_new(void)
{
	return g_new0(struct talk, 1);
}

void talk_free(struct talk *t)
{
	if (!t)
		return;
	g_queue_clear_full(&t->lines, line_free);
	g_free(t);
}

static void forget(struct talk *t, int64_t now_us)
{
	const struct talk_line *oldest;

	while ((oldest = g_queue_peek_head(&t->lines)) &&
	       (oldest->at_us < now_us - LINES_LAST_US || t->lines.length >= LINES_MOST)) {
		if (t->texts == t->lines.head)
			t->texts = t->texts->next;
		line_free(g_queue_pop_head(&t->lines));
	}
	for (; t->texts; t->texts = t->texts->next) {
		struct talk_line *line = t->texts->data;

		if (line->at_us >= now_us - TEXT_LASTS_US)
			break;
		g_clear_pointer(&line->text, g_free);
		g_clear_pointer(&line->key, g_free);
	}
}

static bool empty_word(const char *word)
{
	for (size_t i = 0; i < G_N_ELEMENTS(empty_words); i++)
		if (!strncmp(empty_words[i], word, WORD_COMPARED))
			return true;
	return false;
}

/* The words that say what `folded` is about, as numbers. */
static GArray *words_of(const char *folded)
{
	GArray *words = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	const char *end;

	for (const char *p = folded; *p; p = *end ? g_utf8_next_char(end) : end) {
		long length = 0;
		GString *word = g_string_new(NULL);

		for (end = p; g_unichar_isalpha(g_utf8_get_char(end));
		     end = g_utf8_next_char(end), length++)
			if (length < WORD_COMPARED)
				g_string_append_unichar(word, g_utf8_get_char(end));
		if (length >= WORD_LEAST && !empty_word(word->str)) {
			uint32_t hash = g_str_hash(word->str);
			g_array_append_val(words, hash);
		}
		g_string_free(word, TRUE);
	}
	return words;
}

static char *who_of(const struct event *e)
{
	return e->account ? g_strconcat(e->network, "/", e->account, NULL)
			  : g_strconcat(e->network, "\n", e->shown, NULL);
}

bool talk_by(const struct talk_line *line, const struct event *e)
{
	g_autofree char *who = who_of(e);

	return !strcmp(line->who, who);
}

/* What is said to kith alone has a room of its own for each; no name of a room holds a line break.
 */
static char *room_of(const struct event *e)
{
	if (e->direct)
		return g_strconcat(e->network, "\n", e->account ? e->account : e->shown, NULL);
	return g_strconcat(e->network, "/", e->room, NULL);
}

struct talk_line *talk_add(struct talk *t, const struct event *e, int64_t at_us)
{
	struct talk_line *line = g_new0(struct talk_line, 1);

	forget(t, at_us);
	line->id = g_strdup(e->id);
	line->who = who_of(e);
	line->account = g_strdup(e->account);
	line->reply_to = g_strdup(e->reply_to);
	line->answers = g_strdup(e->answers);
	line->thread = g_strdup(e->thread);
	line->thread_answers = g_strdup(e->thread_answers);
	line->file_name = g_strdup(e->file_name);
	line->room = room_of(e);
	line->shown = g_strdup(e->shown);
	line->text = g_strdup(e->text);
	line->at_us = at_us;
	g_queue_push_tail(&t->lines, line);
	if (!t->texts)
		t->texts = t->lines.tail;
	return line;
}

void talk_asks(struct talk_line *line, const char *folded)
{
	line->words = words_of(folded);
}

struct talk_line *talk_find(struct talk *t, const struct event *e, const char *id)
{
	g_autofree char *room = room_of(e);

	for (GList *i = t->lines.tail; i; i = i->prev) {
		struct talk_line *line = i->data;

		if (!strcmp(line->id, id) && !strcmp(line->room, room))
			return line;
	}
	return NULL;
}

static bool same_author(const struct talk_line *a, const struct talk_line *b)
{
	return !strcmp(a->who, b->who) && !strcmp(a->room, b->room);
}

/* The line its author said before `line` with no more than a pause in between; NULL if none. */
static GList *before(GList *line)
{
	const struct talk_line *this = line->data;

	for (GList *i = line->prev; i; i = i->prev) {
		const struct talk_line *earlier = i->data;

		if (earlier->at_us < this->at_us - PAUSE_MOST_US)
			return NULL;
		if (same_author(earlier, this))
			return i;
	}
	return NULL;
}

/* Where a line is; what is asked for is nearly always the last one. */
static GList *place_of(struct talk *t, const struct talk_line *line)
{
	GList *i = t->lines.tail;

	while (i && i->data != line)
		i = i->prev;
	return i;
}

/* The first of the lines that belong together with `line`. */
static GList *first_of(struct talk *t, const struct talk_line *line)
{
	GList *first = place_of(t, line);

	for (int n = 1; n < JOINED_MOST; n++) {
		GList *earlier = before(first);
		const struct talk_line *said = earlier ? earlier->data : NULL;

		if (!said || said->judged || !said->text)
			break;
		first = earlier;
	}
	return first;
}

char *talk_joined(struct talk *t, const struct talk_line *line)
{
	GList *first = first_of(t, line);

	if (first->data == line)
		return NULL;
	GString *joined = g_string_new(NULL);
	for (GList *i = first; i; i = i->next) {
		const struct talk_line *said = i->data;

		if (said->text && same_author(said, line))
			g_string_append_printf(joined, "%s%s", joined->len ? "\n" : "", said->text);
	}
	return g_string_free(joined, FALSE);
}

void talk_judge(struct talk *t, struct talk_line *line)
{
	for (GList *i = first_of(t, line); i; i = i->next) {
		struct talk_line *said = i->data;

		if (same_author(said, line))
			said->judged = true;
	}
}

struct talk_line *talk_continued(struct talk *t, const struct talk_line *line)
{
	GList *earlier = before(place_of(t, line));
	struct talk_line *said = earlier ? earlier->data : NULL;

	return said && said->judged ? said : NULL;
}

bool talk_introduced(struct talk *t, const struct talk_line *line)
{
	for (GList *i = t->lines.head; i; i = i->next) {
		const struct talk_line *said = i->data;

		if (said->introduces && same_author(said, line))
			return true;
	}
	return false;
}

static unsigned shared_words(const GArray *question, const GArray *answer)
{
	unsigned n = 0;

	for (unsigned i = 0; i < question->len; i++)
		for (unsigned j = 0; j < answer->len; j++)
			if (g_array_index(question, uint32_t, i) ==
			    g_array_index(answer, uint32_t, j)) {
				n++;
				break;
			}
	return n;
}

/* "ana: ...", "@ana ...", "ana, ..." */
static bool names(const char *folded, const char *shown)
{
	const char *text = folded + (*folded == '@');
	struct fold name;

	fold_init(&name, shown);
	size_t n = strlen(name.text);
	bool named = n > 0 && !strncmp(text, name.text, n) &&
		     !g_unichar_isalnum(g_utf8_get_char(text + n));
	fold_done(&name);
	return named;
}

/* Nobody but who asked has said anything since. */
static bool next_after(const GList *question, const struct talk_line *line)
{
	const struct talk_line *asked = question->data;

	if (line->at_us > asked->at_us + NEXT_WITHIN_US)
		return false;
	for (const GList *i = question->next; i && i->data != line; i = i->next) {
		const struct talk_line *said = i->data;

		if (!strcmp(said->room, line->room) && !same_author(said, asked) &&
		    !same_author(said, line))
			return false;
	}
	return true;
}

bool talk_answers(struct talk *t, const struct talk_line *line, const struct event *e,
		  const char *folded, const struct talk_doubt *doubt)
{
	g_autoptr(GArray) words = words_of(folded);
	unsigned words_least = doubt->complete && !doubt->member ? 2 : 1;

	for (GList *i = t->lines.head; i && i->data != line; i = i->next) {
		const struct talk_line *asked = i->data;

		if (!asked->words || asked->at_us < line->at_us - QUESTIONS_LAST_US ||
		    strcmp(asked->room, line->room) != 0 || same_author(asked, line))
			continue;
		if ((e->reply_to && !strcmp(e->reply_to, asked->id)) ||
		    names(folded, asked->shown) ||
		    shared_words(asked->words, words) >= words_least ||
		    ((doubt->member || !doubt->complete) && next_after(i, line)))
			return true;
	}
	return false;
}
