/* Codes that show an account to be somebody's (doors.h). */
#include "circle/doors.h"
#include "circle/hashes.h"
#include "circle/people.h"
#include "store/db.h"

#include <string.h>

/* Neither vowels, which make words, nor what looks like something else. */
static const char letters[] = "23456789BCDFGHJKMNPQRSTVWXYZ";
enum { LETTERS = sizeof(letters) - 1, CODE_LENGTH = 8, CODE_HALF = CODE_LENGTH / 2 };
/* Of a longer text only the start is searched for a code. */
enum { SEARCHED_MOST = 8000 };
enum { WRONG_MOST = 5 };

static bool is_letter(char typed)
{
	return typed && strchr(letters, g_ascii_toupper(typed));
}

/* A code as it was made, however it was typed; NULL if it cannot be one. */
static char *code_of(const char *typed)
{
	char code[CODE_LENGTH + 1] = "";
	int length = 0;

	for (; *typed; typed++) {
		if (strchr(" -*`\"'.", *typed))
			continue;
		if (!is_letter(*typed) || length == CODE_LENGTH)
			return NULL;
		code[length++] = g_ascii_toupper(*typed);
	}
	return length == CODE_LENGTH ? g_strdup(code) : NULL;
}

/* Each letter as likely as any other: bytes beyond the last whole run of them are passed over. */
static void make_code(struct circle *c, char code[CODE_LENGTH + 1])
{
	int length = 0;

	while (length < CODE_LENGTH) {
		g_autofree char *hex = db_text(c->db, "SELECT hex(randomblob(32))", "");

		for (const char *at = hex; *at && length < CODE_LENGTH; at += 2) {
			int byte = g_ascii_xdigit_value(at[0]) * 16 + g_ascii_xdigit_value(at[1]);

			if (byte < 256 / LETTERS * LETTERS)
				code[length++] = letters[byte % LETTERS];
		}
	}
	code[length] = '\0';
}

char *doors_new_code(struct circle *c, int64_t person, const char *network, const char *account)
{
	char code[CODE_LENGTH + 1];

	make_code(c, code);
	g_autofree char *hash = hashes_code(c, code);
	db_run(c->db, "DELETE FROM door_code WHERE person_id = ?", "i", person);
	db_run(c->db,
	       "INSERT INTO door_code(hash, group_id, person_id, network, account, at_us)"
	       " VALUES(?, ?, ?, ?, ?, ?)",
	       "tiitti", hash, c->id, person, network, account, c->run_us);
	return g_strdup_printf("%.*s-%s", CODE_HALF, code, code + CODE_HALF);
}

void doors_code_done(struct doors_code *code)
{
	g_clear_pointer(&code->network, g_free);
	g_clear_pointer(&code->account, g_free);
	g_clear_pointer(&code->hash, g_free);
}

static bool asked(struct circle *c, const char *who, const char *what)
{
	return db_int(c->db, 0,
		      "SELECT 1 FROM door_ask WHERE who = ? AND what = ? AND at_us BETWEEN ? AND ?",
		      "ttii", who, what, c->run_us - DOORS_ASK_LASTS_US, c->run_us);
}

/* Good for its time, and until it is said again by who was told what that does. The hash of a good
 * code, else NULL. */
static char *good_code(struct circle *c, const char *network, const char *account,
		       const char *typed)
{
	g_autofree char *code = code_of(typed);
	g_autofree char *hash = code ? hashes_code(c, code) : NULL;
	g_autofree char *who = hashes_handle(c, network, account);

	if (!hash || !db_int(c->db, 0, "SELECT 1 FROM door_code WHERE hash = ?", "t", hash))
		return NULL;
	if (!asked(c, who, hash) &&
	    !db_int(c->db, 0, "SELECT 1 FROM door_code WHERE hash = ? AND at_us > ?", "ti", hash,
		    c->run_us - DOORS_CODE_LASTS_US))
		return NULL;
	return g_steal_pointer(&hash);
}

static bool is_on(const struct config_group *group, const char *network)
{
	for (unsigned i = 0; i < group->places->len; i++) {
		const struct config_address *place = group->places->pdata[i];

		if (!strcmp(place->network, network))
			return true;
	}
	return false;
}

bool doors_find(struct circle *c, const char *network, const char *account, const char *typed,
		struct doors_code *ret)
{
	g_autofree char *hash = good_code(c, network, account, typed);
	struct query q;

	if (!hash || !is_on(c->group, network))
		return false;
	q = db_query(c->db,
		     "SELECT person_id, network, account FROM door_code WHERE hash = ?"
		     " AND group_id = ?",
		     "ti", hash, c->id);
	if (!query_next(&q))
		return false;
	*ret = (struct doors_code){
		.person = query_int(&q, 0),
		.network = g_strdup(query_text(&q, 1)),
		.account = g_strdup(query_text(&q, 2)),
		.hash = g_steal_pointer(&hash),
	};
	query_done(&q);
	if (people_joined(c, ret->person))
		return true;
	doors_code_done(ret);
	return false;
}

int64_t doors_code_group(struct circle *c, const char *network, const char *account,
			 const char *typed)
{
	/* Which group answers would tell a good code from a bad one. */
	g_autofree char *hash =
		doors_wait(c, network, account) ? NULL : good_code(c, network, account, typed);

	return hash ? db_int(c->db, 0, "SELECT group_id FROM door_code WHERE hash = ?", "t", hash)
		    : 0;
}

void doors_wrong(struct circle *c, const char *network, const char *account)
{
	g_autofree char *who = hashes_handle(c, network, account);

	db_run(c->db, "INSERT INTO door_try(who, at_us) VALUES(?, ?)", "ti", who, c->run_us);
}

bool doors_wait(struct circle *c, const char *network, const char *account)
{
	g_autofree char *who = hashes_handle(c, network, account);

	/* One of the last hour was the fifth of its own. */
	return db_int(c->db, 0,
		      "SELECT 1 FROM door_try AS last WHERE who = ?1 AND at_us > ?2 - ?3"
		      " AND (SELECT count(*) FROM door_try WHERE who = ?1"
		      " AND at_us > last.at_us - ?3 AND at_us <= last.at_us) >= ?4",
		      "tiii", who, c->run_us, DOORS_WAIT_US, (int64_t)WRONG_MOST);
}

static unsigned half_at(const char *text)
{
	unsigned n = 0;

	while (n < CODE_HALF && is_letter(text[n]))
		n++;
	return n == CODE_HALF ? n : 0;
}

/* The length of what looks like a code and starts `text`; 0 if nothing does. */
static unsigned code_at(const char *text)
{
	unsigned first = half_at(text);
	unsigned gap = first && (text[first] == '-' || text[first] == ' ');
	unsigned second = first ? half_at(text + first + gap) : 0;
	unsigned length = first + gap + second;

	return second && !g_ascii_isalnum(text[length]) ? length : 0;
}

/* The next code that is known and starts at or after *at: its hash, and *at is behind it. NULL if
 * there is none. */
static char *next_known(struct circle *c, const char *text, const char **at)
{
	for (const char *p = *at; *p && p < text + SEARCHED_MOST; p++) {
		unsigned length = p == text || !g_ascii_isalnum(p[-1]) ? code_at(p) : 0;

		if (!length)
			continue;
		g_autofree char *typed = g_strndup(p, length);
		g_autofree char *code = code_of(typed);
		g_autofree char *hash = hashes_code(c, code);
		if (db_int(c->db, 0, "SELECT 1 FROM door_code WHERE hash = ?", "t", hash)) {
			*at = p + length;
			return g_steal_pointer(&hash);
		}
	}
	return NULL;
}

bool doors_overheard(struct circle *c, const char *text)
{
	const char *at = text;

	if (!db_int(c->db, 0, "SELECT 1 FROM door_code LIMIT 1", ""))
		return false;
	g_autofree char *hash = next_known(c, text, &at);
	return hash;
}

void doors_burn(struct circle *c, const char *text)
{
	const char *at = text;
	char *hash;

	while ((hash = next_known(c, text, &at))) {
		db_run(c->db, "DELETE FROM door_code WHERE hash = ?", "t", hash);
		g_free(hash);
	}
}

bool doors_asked(struct circle *c, const char *network, const char *account, const char *what)
{
	g_autofree char *who = hashes_handle(c, network, account);

	if (asked(c, who, what)) {
		db_run(c->db, "DELETE FROM door_ask WHERE who = ?", "t", who);
		return true;
	}
	db_run(c->db,
	       "INSERT INTO door_ask(who, what, at_us) VALUES(?, ?, ?)"
	       " ON CONFLICT DO UPDATE SET what = excluded.what, at_us = excluded.at_us",
	       "tti", who, what, c->run_us);
	return false;
}

bool doors_traces(struct circle *c, const char *network, const char *account)
{
	g_autofree char *who = hashes_handle(c, network, account);

	return db_int(c->db, 0, "SELECT 1 FROM door_ask WHERE who = ? AND at_us >= ?", "ti", who,
		      c->run_us - DOORS_ASK_LASTS_US) ||
	       db_int(c->db, 0, "SELECT 1 FROM door_try WHERE who = ? AND at_us >= ?", "ti", who,
		      c->run_us - 2 * DOORS_WAIT_US);
}

void doors_forget_stranger(struct circle *c, const char *network, const char *account)
{
	g_autofree char *who = hashes_handle(c, network, account);

	db_run(c->db, "DELETE FROM door_ask WHERE who = ?", "t", who);
}
