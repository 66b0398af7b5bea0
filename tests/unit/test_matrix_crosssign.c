/* The identity of kith's account: made once, kept, put where others see it, and not put in the
 * place of somebody else's. */
#include "keys_world.h"

#include "transport/matrix/e2ee/crosssign.h"
#include "transport/matrix/e2ee/curve.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define PASSWORD "four words nobody says"

/* How the server wants to be sure who asks. */
enum asks { NOTHING, PASSWORD_IT_IS, PASSWORD_AND_DUMMY, SOMETHING_ELSE, A_PAGE };

struct ground {
	struct world w; /* first member */
	struct crosssign *c;
	json_t *keys[3]; /* master, self-signing, user-signing; NULL: none */
	enum asks asks;
	unsigned passed; /* stages of this session */
	bool refuses_signatures;
	bool told;
	int error;
	char *said;
};

static struct ground *ground_of(struct world *w)
{
	return (struct ground *)w;
}

static const char *const names[] = { "master_key", "self_signing_key", "user_signing_key" };
static const char *const usages[] = { "master", "self_signing", "user_signing" };

/* The one key of that kind of object. */
static const char *public_of(const json_t *key)
{
	json_t *keys = json_object_get(key, "keys");
	void *at = json_object_iter(keys);

	assert_int_equal(json_object_size(keys), 1);
	const char *public = json_string_value(json_object_iter_value(at));
	assert_true(crypto_is_ed25519(public));
	assert_string_equal(json_object_iter_key(at) + strlen("ed25519:"), public);
	return public;
}

/*
 * The server
 */

static bool lets_in(struct ground *g, const json_t *body, struct hs_answer *a)
{
	const json_t *auth = json_object_get(body, "auth");
	const char *type = json_string_value(json_object_get(auth, "type"));
	const char *user =
		json_string_value(json_object_get(json_object_get(auth, "identifier"), "user"));
	const char *error = "";

	if (g->asks == NOTHING)
		return true;
	if (!g_strcmp0(type, "m.login.password")) {
		bool right =
			!g_strcmp0(json_string_value(json_object_get(auth, "password")), PASSWORD);

		assert_string_equal(user, USER);
		assert_string_equal(json_string_value(json_object_get(auth, "session")), "s7");
		if (right && g->asks == PASSWORD_IT_IS)
			return true;
		g->passed += right;
		error = right ? "" : "\"errcode\":\"M_FORBIDDEN\",\"error\":\"Invalid\",";
	} else if (!g_strcmp0(type, "m.login.dummy") && g->passed) {
		assert_string_equal(json_string_value(json_object_get(auth, "session")), "s7");
		return true;
	}
	hs_say(a, 401, "{%s\"session\":\"s7\",\"completed\":[%s],\"params\":{%s},\"flows\":%s}",
	       error, g->passed ? "\"m.login.password\"" : "",
	       g->asks == A_PAGE ? "\"m.oauth\":{\"url\":\"https://example.org/allow?it=1\"}" : "",
	       g->asks == A_PAGE           ? "[{\"stages\":[\"m.oauth\"]}]"
	       : g->asks == SOMETHING_ELSE ? "[{\"stages\":[\"m.login.sso\"]},7,{\"stages\":7},"
					     "{\"stages\":[\"m.login.password\",\"x\"]}]"
	       : g->asks == PASSWORD_AND_DUMMY
		       ? "[{\"stages\":[\"m.login.sso\"]},"
			 "{\"stages\":[\"m.login.password\",\"m.login.dummy\"]}]"
		       : "[{\"stages\":[\"m.login.password\"]}]");
	return false;
}

static void assert_signed_by(const json_t *key, const char *signer)
{
	assert_true(canonical_verify(key, USER, signer, signer));
}

/* In the store, or they would be lost with the next breath. */
static void assert_seeds_kept(struct world *w)
{
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM e2ee_crosssign", ""), 1);
}

static void takes_keys(struct ground *g, const json_t *body, struct hs_answer *a)
{
	const json_t *keys[3];

	for (int i = 0; i < 3; i++) {
		const json_t *usage;

		keys[i] = json_object_get(body, names[i]);
		usage = json_object_get(keys[i], "usage");
		assert_string_equal(json_string_value(json_object_get(keys[i], "user_id")), USER);
		assert_int_equal(json_array_size(usage), 1);
		assert_string_equal(json_string_value(json_array_get(usage, 0)), usages[i]);
		if (i > 0)
			assert_signed_by(keys[i], public_of(keys[0]));
	}
	assert_signed_by_device(&g->w, keys[0]);
	assert_string_not_equal(public_of(keys[1]), public_of(keys[0]));
	assert_string_not_equal(public_of(keys[1]), public_of(keys[2]));
	assert_seeds_kept(&g->w);
	if (!lets_in(g, body, a))
		return;
	for (int i = 0; i < 3; i++) {
		json_decref(g->keys[i]);
		g->keys[i] = json_deep_copy(keys[i]);
	}
}

static void takes_signature(struct ground *g, const json_t *body, struct hs_answer *a)
{
	json_t *of = json_object_get(body, USER);
	json_t *device = json_object_get(of, g->w.device);
	g_autofree char *said = canonical_signed(device);
	g_autofree char *known = canonical_signed(g->w.device_keys);

	assert_int_equal(json_object_size(body), 1);
	assert_int_equal(json_object_size(of), 1);
	assert_string_equal(said, known);
	if (g->refuses_signatures) {
		hs_say(a, 200,
		       "{\"failures\":{\"" USER "\":{\"%s\":{\"errcode\":\"M_INVALID_SIGNATURE\","
		       "\"error\":\"bad\"}}}}",
		       g->w.device);
		return;
	}
	assert_signed_by(device, public_of(g->keys[1]));
	json_decref(g->w.device_keys);
	g->w.device_keys = json_deep_copy(device);
}

static void tells_keys(struct ground *g, const json_t *body, struct hs_answer *a)
{
	json_t *devices = json_object(), *all = json_object();

	if (g->w.device_keys)
		json_object_set(devices, g->w.device, g->w.device_keys);
	json_object_set_new(all, "device_keys", json_pack("{s:o}", USER, devices));
	for (int i = 0; i < 3; i++) {
		g_autofree char *name = g_strconcat(usages[i], "_keys", NULL);

		json_object_set_new(all, name,
				    g->keys[i] ? json_pack("{s:O}", USER, g->keys[i])
					       : json_object());
	}
	say_json(a, all);
}

static void serve(struct world *w, const struct hs_request *r, struct hs_answer *a)
{
	struct ground *g = ground_of(w);
	json_t *body = body_of(r);

	if (hs_is(r, "POST", "v3/keys/query"))
		tells_keys(g, body, a);
	else if (hs_is(r, "POST", "v3/keys/device_signing/upload"))
		takes_keys(g, body, a);
	else if (hs_is(r, "POST", "v3/keys/signatures/upload"))
		takes_signature(g, body, a);
	else
		fail_msg("%s %s", r->method, r->path);
	json_decref(body);
}

static void on_more(void *data, const struct hs_request *r, struct hs_answer *a)
{
	serve(data, r, a);
}

/*
 * Kith
 */

static int set_up_ground(void **state)
{
	struct ground *g = g_new0(struct ground, 1);

	set_up_world(&g->w);
	g->w.more = on_more;
	g->c = crosssign_new(&g->w.env, g->w.seal, g->w.own);
	publish(&g->w);
	*state = g;
	return 0;
}

static int tear_down_ground(void **state)
{
	struct ground *g = *state;

	crosssign_free(g->c);
	for (int i = 0; i < 3; i++)
		json_decref(g->keys[i]);
	g_free(g->said);
	return tear_down(state);
}

static void restart_all(struct ground *g)
{
	crosssign_free(g->c);
	restart(&g->w);
	g->c = crosssign_new(&g->w.env, g->w.seal, g->w.own);
}

static void done(void *data, int error, const char *why)
{
	struct ground *g = data;

	assert_false(g->told);
	assert_false(db_inside(g->w.db));
	g->told = true;
	g->error = error;
	g_free(g->said);
	g->said = g_strdup(why);
	assert_int_equal(error == 0, *why == '\0');
}

static int start(struct ground *g, const char *password, bool replace)
{
	const struct crosssign_wish wish = { .password = password, .replace = replace };

	g->told = false;
	g->passed = 0;
	crosssign_start(g->c, &wish, done, g);
	assert_false(g->told);
	assert_true(fake_hs_until_set(g->w.ground.hs, &g->told));
	return g->error;
}

static unsigned asked(const struct ground *g, const char *path)
{
	return fake_hs_count(g->w.ground.hs, "POST", path);
}

#define KEYS_PATH       "v3/keys/device_signing/upload"
#define SIGNATURES_PATH "v3/keys/signatures/upload"

/* As others see it: the device, signed by the key that the master key has signed. */
static void assert_identity(const struct ground *g)
{
	assert_string_equal(crosssign_master(g->c), public_of(g->keys[0]));
	assert_int_equal(crosssign_state(g->c), CROSSSIGN_DONE);
	assert_signed_by(g->keys[1], public_of(g->keys[0]));
	assert_signed_by(g->w.device_keys, public_of(g->keys[1]));
	assert_signed_by_device(&g->w, g->w.device_keys);
	assert_signed_by(own_device_keys(g->w.own), public_of(g->keys[1]));
}

/* An identity that somebody else made. */
static void make_foreign(struct ground *g)
{
	struct crypto_signer *s = crypto_signer_make();
	g_autofree char *name = g_strconcat("ed25519:", crypto_signer_public(s), NULL);

	for (int i = 0; i < 3; i++) {
		json_decref(g->keys[i]);
		g->keys[i] = json_pack("{s:s, s:[s], s:{s:s}}", "user_id", USER, "usage", usages[i],
				       "keys", name, crypto_signer_public(s));
	}
	crypto_signer_free(s);
}

/*
 * Making one
 */

static void crosssign__identity__is_made(void **state)
{
	struct ground *g = *state;

	assert_int_equal(crosssign_state(g->c), CROSSSIGN_UNKNOWN);
	assert_null(crosssign_master(g->c));
	assert_int_equal(start(g, NULL, false), 0);
	assert_identity(g);
	assert_int_equal(asked(g, KEYS_PATH), 1);
	assert_int_equal(asked(g, SIGNATURES_PATH), 1);
	/* It is all there: nothing is said twice. */
	assert_int_equal(start(g, NULL, false), 0);
	restart_all(g);
	assert_int_equal(crosssign_state(g->c), CROSSSIGN_UNKNOWN);
	assert_string_equal(crosssign_master(g->c), public_of(g->keys[0]));
	assert_int_equal(start(g, NULL, true), 0);
	assert_identity(g);
	assert_int_equal(asked(g, KEYS_PATH), 1);
	assert_int_equal(asked(g, SIGNATURES_PATH), 1);
}

static void crosssign__seeds__are_sealed(void **state)
{
	struct ground *g = *state;

	assert_int_equal(start(g, NULL, false), 0);
	for (struct query q = db_query(g->w.db,
				       "SELECT master, self_signing, user_signing, uploaded"
				       " FROM e2ee_crosssign",
				       "");
	     query_next(&q);) {
		for (int i = 0; i < 3; i++)
			assert_true(g_str_has_prefix(query_text(&q, i), "k1:"));
		assert_int_equal(query_int(&q, 3), 1);
	}
	/* Each for its own place: they cannot be exchanged. */
	db_begin(g->w.db);
	db_run(g->w.db, "UPDATE e2ee_crosssign SET master = self_signing, self_signing = master",
	       "");
	db_end(g->w.db);
	restart_all(g);
	assert_null(crosssign_master(g->c));
	assert_int_equal(start(g, NULL, false), -EEXIST);
}

/*
 * Authentication
 */

static void crosssign__server__wants_the_password(void **state)
{
	struct ground *g = *state;

	for (enum asks asks = PASSWORD_IT_IS; asks <= PASSWORD_AND_DUMMY; asks++) {
		g->asks = asks;
		assert_int_equal(start(g, NULL, false), -EACCES);
		assert_non_null(strstr(g->said, "kith matrix login"));
		assert_int_equal(crosssign_state(g->c), CROSSSIGN_NONE);
		assert_null(crosssign_master(g->c));
		unsigned before = asked(g, KEYS_PATH);
		assert_int_equal(start(g, "wrong", false), -EACCES);
		assert_non_null(strstr(g->said, "password"));
		assert_null(strstr(g->said, "wrong"));
		assert_int_equal(asked(g, KEYS_PATH), before + 2);
	}
	assert_int_equal(start(g, PASSWORD, false), 0);
	assert_identity(g);
}

static void crosssign__server__wants_the_password_alone(void **state)
{
	struct ground *g = *state;

	g->asks = PASSWORD_IT_IS;
	assert_int_equal(start(g, PASSWORD, false), 0);
	assert_identity(g);
	assert_int_equal(asked(g, KEYS_PATH), 2);
}

static void crosssign__server__wants_something_else(void **state)
{
	struct ground *g = *state;

	g->asks = SOMETHING_ELSE;
	assert_int_equal(start(g, PASSWORD, false), -EACCES);
	assert_non_null(strstr(g->said, "something else than a password"));
	g->asks = A_PAGE;
	assert_int_equal(start(g, PASSWORD, false), -EACCES);
	assert_non_null(strstr(g->said, "https://example.org/allow?it=1"));
	assert_null(strstr(fake_hs_last(g->w.ground.hs, "POST", KEYS_PATH)->body, "four words"));
}

/*
 * Kills, and a server that fails
 */

static void crosssign__keys__are_found_again(void **state)
{
	struct ground *g = *state;

	/* They went out, and no answer came. */
	g->asks = PASSWORD_IT_IS;
	assert_int_equal(start(g, NULL, false), -EACCES);
	json_t *body = body_of(fake_hs_last(g->w.ground.hs, "POST", KEYS_PATH));
	g_autofree char *master = g_strdup(public_of(json_object_get(body, names[0])));
	json_decref(body);
	restart_all(g);
	assert_null(crosssign_master(g->c));
	assert_int_equal(start(g, PASSWORD, false), 0);
	assert_string_equal(public_of(g->keys[0]), master);
	assert_identity(g);
}

static void crosssign__kill__before_anything_was_noted(void **state)
{
	struct ground *g = *state;

	assert_int_equal(start(g, NULL, false), 0);
	unsigned before = asked(g, KEYS_PATH);
	db_begin(g->w.db);
	db_run(g->w.db, "UPDATE e2ee_crosssign SET uploaded = 0", "");
	db_run(g->w.db, "UPDATE e2ee_own SET signer = NULL, signature = NULL", "");
	db_end(g->w.db);
	restart_all(g);
	assert_int_equal(start(g, NULL, false), 0);
	assert_identity(g);
	assert_int_equal(asked(g, KEYS_PATH), before);
	assert_int_equal(db_int(g->w.db, 0, "SELECT uploaded FROM e2ee_crosssign", ""), 1);
}

static void crosssign__server__is_not_well(void **state)
{
	struct ground *g = *state;
	static const char *const paths[] = { "keys/query", "device_signing", "signatures" };

	for (unsigned i = 0; i < G_N_ELEMENTS(paths); i++) {
		g->w.fails = paths[i];
		g->w.fails_times = 1;
		g->w.fails_with = 403;
		assert_int_equal(start(g, NULL, false), -EACCES);
		assert_true(*g->said);
	}
	g->refuses_signatures = true;
	assert_int_equal(start(g, NULL, false), -EAGAIN);
	assert_non_null(strstr(g->said, "bad"));
	assert_int_not_equal(crosssign_state(g->c), CROSSSIGN_DONE);
	g->refuses_signatures = false;
	assert_int_equal(start(g, NULL, false), 0);
	assert_identity(g);
}

static void crosssign__device__is_not_published(void **state)
{
	struct ground *g = *state;

	json_decref(g_steal_pointer(&g->w.device_keys));
	crosssign_free(g->c);
	own_free(g->w.own);
	g->w.device = "OTHER";
	assert_int_equal(open_own(&g->w), 0);
	g->c = crosssign_new(&g->w.env, g->w.seal, g->w.own);
	assert_int_equal(start(g, NULL, false), -EAGAIN);
	assert_int_equal(asked(g, SIGNATURES_PATH), 0);
	publish(&g->w);
	assert_int_equal(start(g, NULL, false), 0);
	assert_identity(g);
}

/* What the account is stays, whatever device speaks for it. */
static void crosssign__another_device__is_signed_too(void **state)
{
	struct ground *g = *state;

	assert_int_equal(start(g, NULL, false), 0);
	g_autofree char *master = g_strdup(crosssign_master(g->c));
	g->asks = SOMETHING_ELSE; /* nobody is asked */
	json_decref(g_steal_pointer(&g->w.device_keys));
	json_object_clear(g->w.one_time);
	json_object_clear(g->w.seen);
	crosssign_free(g->c);
	own_free(g->w.own);
	g->w.device = "OTHER";
	assert_int_equal(open_own(&g->w), 0);
	g->c = crosssign_new(&g->w.env, g->w.seal, g->w.own);
	publish(&g->w);
	assert_int_equal(start(g, NULL, false), 0);
	assert_string_equal(crosssign_master(g->c), master);
	assert_identity(g);
}

static void crosssign__signature__is_not_the_right_one(void **state)
{
	struct ground *g = *state;

	assert_int_equal(start(g, NULL, false), 0);
	/* Somebody has given the server another. */
	g_autofree char *name = g_strconcat("ed25519:", public_of(g->keys[1]), NULL);
	json_t *by = json_object_get(json_object_get(g->w.device_keys, "signatures"), USER);
	json_object_set(by, name, json_object_get(by, "ed25519:DEVICE"));
	assert_int_equal(start(g, NULL, false), 0);
	assert_identity(g);
	assert_int_equal(asked(g, SIGNATURES_PATH), 2);
}

static void crosssign__self_signing_key__is_another(void **state)
{
	struct ground *g = *state;

	assert_int_equal(start(g, NULL, false), 0);
	g_autofree char *master = g_strdup(crosssign_master(g->c));
	json_object_del(g->keys[1], "signatures");
	assert_int_equal(start(g, NULL, false), 0);
	assert_string_equal(crosssign_master(g->c), master);
	assert_identity(g);
	assert_int_equal(asked(g, KEYS_PATH), 2);
}

/*
 * Somebody else's
 */

static void crosssign__foreign_identity__is_left_alone(void **state)
{
	struct ground *g = *state;

	make_foreign(g);
	g_autofree char *master = g_strdup(public_of(g->keys[0]));
	assert_int_equal(start(g, PASSWORD, false), -EEXIST);
	assert_int_equal(crosssign_state(g->c), CROSSSIGN_FOREIGN);
	assert_non_null(strstr(g->said, "--replace-identity"));
	assert_null(crosssign_master(g->c));
	assert_int_equal(asked(g, KEYS_PATH) + asked(g, SIGNATURES_PATH), 0);
	assert_int_equal(db_int(g->w.db, 0, "SELECT count(*) FROM e2ee_crosssign", ""), 0);
	g->asks = PASSWORD_IT_IS;
	assert_int_equal(start(g, PASSWORD, true), 0);
	assert_string_not_equal(public_of(g->keys[0]), master);
	assert_identity(g);
}

static void crosssign__own_identity__was_replaced(void **state)
{
	struct ground *g = *state;

	assert_int_equal(start(g, NULL, false), 0);
	g_autofree char *first = g_strdup(crosssign_master(g->c));
	make_foreign(g);
	assert_int_equal(start(g, PASSWORD, false), -EEXIST);
	/* The one before is not put back: nobody knows why it went. */
	assert_int_equal(start(g, PASSWORD, true), 0);
	assert_string_not_equal(crosssign_master(g->c), first);
	assert_identity(g);
}

static void crosssign__server__says_nonsense(void **state)
{
	struct ground *g = *state;
	static const char *const none[] = { "7", "{}", "{\"keys\":7}", "{\"keys\":{\"x\":7}}" };

	for (unsigned i = 0; i < G_N_ELEMENTS(none); i++) {
		json_decref(g->keys[0]);
		g->keys[0] = json_loads(none[i], JSON_DECODE_ANY, NULL);
		assert_int_equal(start(g, NULL, false), -EEXIST);
	}
	json_decref(g_steal_pointer(&g->keys[0]));
	assert_int_equal(start(g, NULL, false), 0);
	assert_identity(g);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_ground, tear_down_ground)
		TEST(crosssign__identity__is_made),
		TEST(crosssign__seeds__are_sealed),
		TEST(crosssign__server__wants_the_password),
		TEST(crosssign__server__wants_the_password_alone),
		TEST(crosssign__server__wants_something_else),
		TEST(crosssign__keys__are_found_again),
		TEST(crosssign__kill__before_anything_was_noted),
		TEST(crosssign__server__is_not_well),
		TEST(crosssign__device__is_not_published),
		TEST(crosssign__another_device__is_signed_too),
		TEST(crosssign__signature__is_not_the_right_one),
		TEST(crosssign__self_signing_key__is_another),
		TEST(crosssign__foreign_identity__is_left_alone),
		TEST(crosssign__own_identity__was_replaced),
		TEST(crosssign__server__says_nonsense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
