#include "transport/matrix/e2ee/inbound.h"

#include "base/log.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/e2ee/curve.h"
#include "transport/matrix/e2ee/inbound_private.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/own.h"
#include "transport/matrix/e2ee/sessions.h"
#include "transport/matrix/rooms.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#define ALGORITHM "m.megolm.v1.aes-sha2"

enum {
	UNPICKLED_MOST = 256,
	KEY_BYTES_MOST = 1024,
	CODE_BYTES_MOST = 64,
	TYPE_BYTES_MOST = 255,
};

/* A session ready to read with. What the store says of it is asked every time: this saves no more
 * than the unpickling. */
struct unpickled {
	char *pickle;
	struct crypto_inbound *session;
	GList link;
};

static void unpickled_free(void *data)
{
	struct unpickled *u = data;

	crypto_inbound_free(u->session);
	g_free(u->pickle);
	g_free(u);
}

struct inbound *inbound_new(const struct e2ee_env *env)
{
	struct inbound *in = g_new0(struct inbound, 1);

	in->env = *env;
	in->unpickled = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, unpickled_free);
	return in;
}

void inbound_free(struct inbound *in)
{
	if (!in)
		return;
	g_hash_table_unref(in->unpickled);
	g_free(in);
}

static int64_t wall_us(const struct inbound *in)
{
	return in->env.clock->wall_us(in->env.clock);
}

/* NULL: the pickle is damaged. Borrowed, until the next is asked for. */
static const struct crypto_inbound *unpickle(struct inbound *in, const char *pickle)
{
	struct unpickled *u = g_hash_table_lookup(in->unpickled, pickle);
	struct crypto_inbound *session;

	if (u) {
		g_queue_unlink(&in->recent, &u->link);
		g_queue_push_head_link(&in->recent, &u->link);
		return u->session;
	}
	if (crypto_inbound_unpickle(pickle, in->env.key, &session) < 0) {
		log_warning("matrix %s: a session's key in the store is damaged", in->env.network);
		return NULL;
	}
	if (in->recent.length >= UNPICKLED_MOST) {
		struct unpickled *last = g_queue_pop_tail_link(&in->recent)->data;

		g_hash_table_remove(in->unpickled, last->pickle);
	}
	u = g_new0(struct unpickled, 1);
	u->pickle = g_strdup(pickle);
	u->session = session;
	u->link.data = u;
	g_queue_push_head_link(&in->recent, &u->link);
	g_hash_table_insert(in->unpickled, u->pickle, u);
	return session;
}

/*
 * What is known of a session.
 */
struct row {
	int64_t id;
	char *curve25519, *ed25519, *pickle;
	int64_t at_us, floor;
	bool used;
};

static void row_done(struct row *row)
{
	g_free(row->curve25519);
	g_free(row->ed25519);
	g_free(row->pickle);
}

/* As that sender gave it. */
static bool find(const struct inbound *in, const char *room, const char *session,
		 const char *sender, struct row *ret)
{
	struct query q = db_query(in->env.db,
				  "SELECT id, curve25519, ed25519, pickle, at_us, floor, used"
				  " FROM e2ee_inbound WHERE network = ? AND room = ?"
				  " AND session = ? AND sender = ?",
				  "tttt", in->env.network, room, session, sender);

	if (!query_next(&q))
		return false;
	*ret = (struct row){
		.id = query_int(&q, 0),
		.curve25519 = g_strdup(query_text(&q, 1)),
		.ed25519 = g_strdup(query_text(&q, 2)),
		.pickle = g_strdup(query_text(&q, 3)),
		.at_us = query_int(&q, 4),
		.floor = query_int(&q, 5),
		.used = query_int(&q, 6),
	};
	query_done(&q);
	return true;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* What m.room_key and m.room_key.withheld have in common. */
static bool names_session(const json_t *content, const char **ret_room, const char **ret_session)
{
	*ret_room = text_of(content, "room_id");
	*ret_session = text_of(content, "session_id");
	return !g_strcmp0(text_of(content, "algorithm"), ALGORITHM) && *ret_room &&
	       matrix_rooms_is_id(*ret_room) && *ret_session && crypto_is_ed25519(*ret_session);
}

/*
 * Keys.
 */
/* CS API: m.room_key. */
static int improve(struct inbound *in, const struct row *row, const struct olm_message *m,
		   const struct crypto_inbound *given)
{
	struct crypto_inbound *known = NULL;
	int error = 0;

	if (strcmp(row->curve25519, m->curve25519) != 0 || strcmp(row->ed25519, m->ed25519) != 0)
		return -EEXIST;
	/* A damaged one is no loss. */
	if (crypto_inbound_unpickle(row->pickle, in->env.key, &known) < 0)
		known = NULL;
	if (known && !crypto_inbound_same(known, given))
		error = -EEXIST;
	else if (known && crypto_inbound_first(given) >= crypto_inbound_first(known))
		error = -EALREADY;
	crypto_inbound_free(known);
	if (error < 0)
		return error;
	g_autofree char *pickle = crypto_inbound_pickle(given, in->env.key);
	db_run(in->env.db, "UPDATE e2ee_inbound SET pickle = ?, at_us = ? WHERE id = ?", "tii",
	       pickle, wall_us(in), row->id);
	return 0;
}

static void insert(struct inbound *in, const char *room, const struct olm_message *m,
		   const struct crypto_inbound *given)
{
	g_autofree char *pickle = crypto_inbound_pickle(given, in->env.key);
	const char *session = crypto_inbound_id(given);

	db_run(in->env.db,
	       "INSERT INTO e2ee_inbound(network, room, session, sender, curve25519, ed25519,"
	       " at_us, pickle) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	       "ttttttit", in->env.network, room, session, m->sender, m->curve25519, m->ed25519,
	       wall_us(in), pickle);
	db_run(in->env.db,
	       "DELETE FROM e2ee_withheld"
	       " WHERE network = ? AND sender = ? AND room = ? AND session = ?",
	       "tttt", in->env.network, m->sender, room, session);
	inbound_keep_within(in, room, m->sender);
}

int inbound_add(struct inbound *in, const struct olm_message *m, char **ret_room,
		char **ret_session)
{
	const char *room, *session, *key = text_of(m->content, "session_key");
	struct crypto_inbound *given;
	struct row row;
	int error = 0;

	if (!names_session(m->content, &room, &session) || !key || strlen(key) > KEY_BYTES_MOST ||
	    crypto_inbound_new(key, &given) < 0)
		return -EBADMSG;
	if (strcmp(crypto_inbound_id(given), session) != 0) {
		error = -EBADMSG;
	} else if (find(in, room, session, m->sender, &row)) {
		error = improve(in, &row, m, given);
		row_done(&row);
	} else {
		insert(in, room, m, given);
	}
	crypto_inbound_free(given);
	if (error < 0)
		return error;
	own_moved(&in->env);
	*ret_room = g_strdup(room);
	*ret_session = g_strdup(session);
	return 0;
}

/*
 * Keys that do not come.
 */
/* Appendices: Common Namespaced Identifier Grammar. */
static bool is_code(const char *code)
{
	size_t n = strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return n > 0 && n <= CODE_BYTES_MOST && !code[n];
}

/* m.no_olm is of no session: its sender begins anew with Olm, or nothing comes. */
int inbound_withheld(struct inbound *in, const char *sender, const json_t *content, char **ret_room,
		     char **ret_session)
{
	const char *room, *session, *code = text_of(content, "code");
	struct db *db = in->env.db;

	if (!names_session(content, &room, &session) || !code || !is_code(code))
		return -EBADMSG;
	/* Of the key that is there it says nothing any more. */
	if (db_int(db, 0,
		   "SELECT 1 FROM e2ee_inbound"
		   " WHERE network = ? AND room = ? AND session = ? AND sender = ?",
		   "tttt", in->env.network, room, session, sender) ||
	    db_int(db, 0,
		   "SELECT code = ? FROM e2ee_withheld"
		   " WHERE network = ? AND sender = ? AND room = ? AND session = ?",
		   "ttttt", code, in->env.network, sender, room, session))
		return -EALREADY;
	db_run(db,
	       "INSERT OR REPLACE INTO e2ee_withheld(network, sender, room, session, code, at_us)"
	       " VALUES(?, ?, ?, ?, ?, ?)",
	       "ttttti", in->env.network, sender, room, session, code, wall_us(in));
	inbound_keep_withheld_within(in, sender);
	*ret_room = g_strdup(room);
	*ret_session = g_strdup(session);
	return 0;
}

/*
 * Reading.
 */
/* What has its effect by being a state, or by the server's having allowed it, is in clear: nobody
 * would have allowed it in here. */
static bool may_be_encrypted(const char *type)
{
	return *type && strlen(type) <= TYPE_BYTES_MOST && strcmp(type, "m.room.encrypted") != 0 &&
	       strcmp(type, "m.room.redaction") != 0;
}

/* CS API: Event relationships; the server sees none but those outside. Both are checked JSON
 * already, and of two members of one name the last counts. */
static char *with_relation(const struct read_event *e, struct span content)
{
	struct span relates = span_get(e->content, "m.relates_to");
	struct span_each first = span_each(content);

	if (!relates.at)
		return g_strndup(content.at, content.bytes);
	return g_strdup_printf("%.*s%s\"m.relates_to\":%.*s}", (int)content.bytes - 1, content.at,
			       span_next(&first) ? "," : "", (int)relates.bytes, relates.at);
}

/* CS API: m.megolm.v1.aes-sha2; the payload. */
static int read_payload(const char *room, const struct read_event *e, const char *text,
			struct inbound_message *ret)
{
	struct span payload;

	if (span_check(text, strlen(text), &payload, NULL) < 0)
		return -EBADMSG;
	struct span content = span_get(payload, "content");
	g_autofree char *type = span_text(span_get(payload, "type"));
	if (!type || !may_be_encrypted(type) || !span_says(span_get(payload, "room_id"), room) ||
	    !span_is_object(content))
		return -EBADMSG;
	ret->type = g_steal_pointer(&type);
	ret->content = with_relation(e, content);
	return 0;
}

/* The same event may come twice, by /sync and by /messages. */
static int remember(struct inbound *in, const struct row *row, uint32_t index,
		    const struct read_event *e)
{
	struct db *db = in->env.db;

	if (db_run(db,
		   "INSERT OR IGNORE INTO e2ee_index(session, at, event, sent_us)"
		   " VALUES(?, ?, ?, ?)",
		   "iiti", row->id, (int64_t)index, e->id, e->at_us) == 1)
		return 0;
	bool same = db_int(db, 0,
			   "SELECT event = ? AND sent_us = ? FROM e2ee_index"
			   " WHERE session = ? AND at = ?",
			   "tiii", e->id, e->at_us, row->id, (int64_t)index);
	return same ? 0 : -EEXIST;
}

static void note_use(struct inbound *in, const struct row *row)
{
	int64_t now_us = wall_us(in);

	if (!row->used || now_us - row->at_us > CLOCK_US_PER_DAY)
		db_run(in->env.db, "UPDATE e2ee_inbound SET used = 1, at_us = ? WHERE id = ?", "ii",
		       now_us, row->id);
}

static int read_with(struct inbound *in, const struct row *row, const char *room,
		     const struct read_event *e, const char *ciphertext,
		     struct inbound_message *ret)
{
	const struct crypto_inbound *session = unpickle(in, row->pickle);
	g_autofree char *text = NULL;
	uint32_t index;

	if (!session)
		return -EBADMSG;
	int error = crypto_inbound_decrypt(session, ciphertext, &text, &index);
	if (error < 0)
		return error;
	if (index < row->floor)
		return -ERANGE;
	error = read_payload(room, e, text, ret);
	if (error < 0)
		return error;
	error = remember(in, row, index, e);
	if (error < 0) {
		inbound_message_done(ret);
		return error;
	}
	note_use(in, row);
	ret->curve25519 = g_strdup(row->curve25519);
	ret->ed25519 = g_strdup(row->ed25519);
	return 0;
}

/* No key can have another kind of name. */
static int lacks_key(struct inbound *in, const char *room, const struct read_event *e,
		     const char *session, char **ret_session, char **ret_code)
{
	if (!crypto_is_ed25519(session))
		return -EBADMSG;
	*ret_session = g_strdup(session);
	*ret_code = db_text(in->env.db,
			    "SELECT code FROM e2ee_withheld"
			    " WHERE network = ? AND sender = ? AND room = ? AND session = ?",
			    "tttt", in->env.network, e->sender, room, session);
	return -ENOKEY;
}

int inbound_decrypt(struct inbound *in, const char *room, const struct read_event *e,
		    struct inbound_message *ret, char **ret_session, char **ret_code)
{
	g_autofree char *session = span_text(span_get(e->content, "session_id"));
	g_autofree char *ciphertext = span_text(span_get(e->content, "ciphertext"));
	struct inbound_message m = { 0 };
	struct row row;

	if (e->state_key || !session || !ciphertext ||
	    !span_says(span_get(e->content, "algorithm"), ALGORITHM))
		return -EBADMSG;
	if (!find(in, room, session, e->sender, &row))
		return lacks_key(in, room, e, session, ret_session, ret_code);
	int error = read_with(in, &row, room, e, ciphertext, &m);
	row_done(&row);
	if (error == 0)
		*ret = m;
	return error;
}

void inbound_message_done(struct inbound_message *m)
{
	if (!m)
		return;
	g_free(m->type);
	g_free(m->content);
	g_free(m->curve25519);
	g_free(m->ed25519);
	memset(m, 0, sizeof(*m));
}
