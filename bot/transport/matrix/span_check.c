/* RFC 8259 and RFC 3629, gone through once, without recursion. */
#include "transport/matrix/span.h"
#include "transport/matrix/span_private.h"

#include <errno.h>
#include <glib.h>

/* How far the reading goes between two calls of `passed`. */
enum { TELL_EVERY = 1024 * 1024 };
/* An index of 128 MiB; no answer of a homeserver that means well comes near to it. */
enum { NODES_MOST = 8 * 1024 * 1024 };

struct node {
	uint32_t at, bytes;
	uint32_t key;  /* where it begins; 0: it has none */
	uint32_t next; /* of the same parent; 0: it is the last */
};

struct spans {
	const char *text;
	struct node *nodes;
	uint32_t used, room;
};

struct check {
	const char *begin, *at, *end;
	unsigned depth;                     /* how many objects and arrays are open */
	bool object[SPAN_DEPTH_MOST + 1];   /* what is open at each depth */
	const char *key;                    /* of the value that comes next, or NULL */
	struct spans *index;                /* or NULL */
	unsigned levels;                    /* how many of them it remembers */
	uint32_t last[SPAN_DEPTH_MOST + 1]; /* the last node of each level */
	void (*passed)(void *data, size_t offset);
	void *data;
	const char *told; /* up to where */
};

/* What ends a run of plain characters in a string: its end, an escape, a control character, or one
 * that is not ASCII. */
static inline bool plain(char c)
{
	return (uint8_t)c >= 0x20 && (uint8_t)c < 0x80 && c != '"' && c != '\\';
}

static inline const char *behind_plain(const char *at, const char *end)
{
	for (; end - at >= 8; at += 8) {
		uint64_t word = span_word(at);
		uint64_t marks = span_below(word, 0x20) | span_equal(word, '"') |
				 span_equal(word, '\\') | (word & SPAN_HIGHS);
		if (marks)
			return at + span_lowest(marks);
	}
	while (at < end && plain(*at))
		at++;
	return at;
}

static inline bool continues(char c)
{
	return ((uint8_t)c & 0xc0) == 0x80;
}

/* Behind the character of several bytes at `at`; NULL if it is broken, overlong, a surrogate or
 * beyond U+10FFFF (RFC 3629: 4). */
static const char *behind_character(const char *at, const char *end)
{
	uint8_t first = (uint8_t)*at, second = end - at > 1 ? (uint8_t)at[1] : 0;

	if (!continues((char)second))
		return NULL;
	if (first < 0xe0)
		return first >= 0xc2 ? at + 2 : NULL;
	if (end - at < 3 || !continues(at[2]))
		return NULL;
	if (first < 0xf0)
		return (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)
			       ? NULL
			       : at + 3;
	if (end - at < 4 || !continues(at[3]))
		return NULL;
	if (first > 0xf4 || (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
		return NULL;
	return at + 4;
}

/* Behind the escape at `at`; NULL if there is no such. */
static const char *behind_escape(const char *at, const char *end)
{
	if (end - at < 2)
		return NULL;
	switch (at[1]) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return at + 2;
	case 'u':
		if (end - at < 6)
			return NULL;
		for (int i = 2; i < 6; i++)
			if (!g_ascii_isxdigit(at[i]))
				return NULL;
		return at + 6;
	default:
		return NULL;
	}
}

static bool check_string(struct check *c)
{
	const char *at = c->at + 1, *end = c->end;

	for (;;) {
		at = behind_plain(at, end);
		if (at == end)
			break;
		if (*at == '"') {
			c->at = at + 1;
			return true;
		}
		const char *behind = *at == '\\'            ? behind_escape(at, end)
				     : (uint8_t)*at >= 0x80 ? behind_character(at, end)
							    : NULL;
		if (!behind)
			break;
		at = behind;
		/* Where one is not ASCII, its neighbours seldom are. */
		while (at < end && (uint8_t)*at >= 0x80 && (behind = behind_character(at, end)))
			at = behind;
	}
	c->at = at;
	return false;
}

static bool check_digits(struct check *c)
{
	const char *from = c->at;

	while (c->at < c->end && g_ascii_isdigit(*c->at))
		c->at++;
	return c->at > from;
}

static inline bool take(struct check *c, char what)
{
	if (c->at == c->end || *c->at != what)
		return false;
	c->at++;
	return true;
}

static bool check_number(struct check *c)
{
	take(c, '-');
	if (!take(c, '0') && !check_digits(c))
		return false;
	if (take(c, '.') && !check_digits(c))
		return false;
	if (take(c, 'e') || take(c, 'E')) {
		if (!take(c, '+'))
			take(c, '-');
		return check_digits(c);
	}
	return true;
}

static bool check_word(struct check *c, const char *word, size_t n)
{
	if ((size_t)(c->end - c->at) < n || memcmp(c->at, word, n) != 0)
		return false;
	c->at += n;
	return true;
}

static bool check_scalar(struct check *c)
{
	switch (*c->at) {
	case '"':
		return check_string(c);
	case 't':
		return check_word(c, "true", 4);
	case 'f':
		return check_word(c, "false", 5);
	case 'n':
		return check_word(c, "null", 4);
	default:
		return check_number(c);
	}
}

/* False at the end of the text. */
static inline bool skip_space(struct check *c)
{
	while (c->at < c->end && span_space(*c->at))
		c->at++;
	return c->at < c->end;
}

static void tell(struct check *c)
{
	c->told = c->at;
	c->passed(c->data, (size_t)(c->at - c->begin));
}

/* False: there are too many. */
static bool add_node(struct check *c)
{
	struct spans *s = c->index;

	if (s->used == s->room) {
		if (s->room == NODES_MOST)
			return false;
		s->room = s->room ? s->room * 2 : 256;
		s->nodes = g_renew(struct node, s->nodes, s->room);
	}
	uint32_t *last = &c->last[c->depth];
	if (*last)
		s->nodes[*last].next = s->used;
	*last = s->used;
	s->nodes[s->used++] = (struct node){
		.at = (uint32_t)(c->at - c->begin),
		.key = c->key ? (uint32_t)(c->key - c->begin) : 0,
	};
	return true;
}

static inline bool value_begins(struct check *c)
{
	if (c->passed && c->at - c->told >= TELL_EVERY)
		tell(c);
	return !c->index || c->depth > c->levels || add_node(c);
}

static inline void value_ends(struct check *c)
{
	if (!c->index || c->depth > c->levels)
		return;
	struct node *n = &c->index->nodes[c->last[c->depth]];
	n->bytes = (uint32_t)(c->at - c->begin) - n->at;
}

/* A member's name and its colon. */
static bool check_key(struct check *c)
{
	if (!skip_space(c) || *c->at != '"')
		return false;
	c->key = c->at;
	return check_string(c) && skip_space(c) && take(c, ':');
}

/* 1: it has something in it, which comes next; 0: it is empty, and closed; else -errno. */
static int open_container(struct check *c, bool object)
{
	if (c->depth == SPAN_DEPTH_MOST)
		return -ELOOP;
	c->object[++c->depth] = object;
	c->last[c->depth] = 0;
	c->key = NULL;
	c->at++;
	if (skip_space(c) && *c->at == (object ? '}' : ']')) {
		c->at++;
		c->depth--;
		return 0;
	}
	return object && !check_key(c) ? -EBADMSG : 1;
}

/* What comes behind a value: its neighbour's beginning, or the end of what it is in. */
static bool check_behind(struct check *c)
{
	while (c->depth > 0) {
		bool object = c->object[c->depth];

		if (!skip_space(c))
			return false;
		if (*c->at == ',') {
			c->at++;
			c->key = NULL;
			return !object || check_key(c);
		}
		if (!take(c, object ? '}' : ']'))
			return false;
		c->depth--;
		value_ends(c);
	}
	return true;
}

static int check_value(struct check *c)
{
	do {
		if (!skip_space(c))
			return -EBADMSG;
		if (!value_begins(c))
			return -EFBIG;
		if (*c->at == '{' || *c->at == '[') {
			int r = open_container(c, *c->at == '{');
			if (r < 0)
				return r;
			if (r > 0)
				continue;
		} else if (!check_scalar(c)) {
			return -EBADMSG;
		}
		value_ends(c);
		if (!check_behind(c))
			return -EBADMSG;
	} while (c->depth > 0);
	return 0;
}

static int check_whole(struct check *c, struct span *ret, size_t *ret_offset)
{
	skip_space(c);
	const char *from = c->at;
	int r = check_value(c);
	const char *to = c->at;

	if (r == 0 && skip_space(c))
		r = -EBADMSG;
	if (r < 0) {
		if (ret_offset)
			*ret_offset = (size_t)(c->at - c->begin);
		return r;
	}
	*ret = (struct span){ from, (size_t)(to - from) };
	return 0;
}

int span_check(const char *text, size_t bytes, struct span *ret, size_t *ret_offset)
{
	/* An empty text may be no text at all. */
	const char *begin = bytes ? text : "";
	struct check c = { .begin = begin, .at = begin, .end = begin + bytes };

	return check_whole(&c, ret, ret_offset);
}

int spans_new(const char *text, size_t bytes, unsigned levels,
	      void (*passed)(void *data, size_t offset), void *data, struct spans **ret,
	      size_t *ret_offset)
{
	if (bytes > UINT32_MAX) {
		if (ret_offset)
			*ret_offset = UINT32_MAX;
		return -EFBIG;
	}

	const char *begin = bytes ? text : "";
	struct spans *s = g_new0(struct spans, 1);
	struct span whole;
	struct check c = {
		.begin = begin,
		.at = begin,
		.end = begin + bytes,
		.index = s,
		.levels = levels,
		.passed = passed,
		.data = data,
		.told = begin,
	};

	s->text = begin;
	int r = check_whole(&c, &whole, ret_offset);
	if (r < 0) {
		spans_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void spans_free(struct spans *s)
{
	if (!s)
		return;
	g_free(s->nodes);
	g_free(s);
}

static const struct node *node_at(const struct spans *s, int64_t node)
{
	return node >= 0 && node < s->used ? &s->nodes[node] : NULL;
}

int64_t spans_first(const struct spans *s, int64_t node)
{
	const struct node *n = node_at(s, node), *child = node_at(s, node + 1);

	return n && child && child->at < n->at + n->bytes ? node + 1 : SPANS_NONE;
}

int64_t spans_next(const struct spans *s, int64_t node)
{
	const struct node *n = node_at(s, node);

	return n && n->next ? (int64_t)n->next : SPANS_NONE;
}

int64_t spans_get(const struct spans *s, int64_t node, const char *key)
{
	int64_t found = SPANS_NONE;

	for (int64_t i = spans_first(s, node); i != SPANS_NONE; i = spans_next(s, i))
		if (span_says(spans_key(s, i), key))
			found = i;
	return found;
}

struct span spans_value(const struct spans *s, int64_t node)
{
	const struct node *n = node_at(s, node);

	return n ? (struct span){ s->text + n->at, n->bytes } : (struct span){ 0 };
}

struct span spans_key(const struct spans *s, int64_t node)
{
	const struct node *n = node_at(s, node);

	if (!n || !n->key)
		return (struct span){ 0 };
	const char *key = s->text + n->key;
	return (struct span){ key, (size_t)(span_behind_string(key, s->text + n->at) - key) };
}
