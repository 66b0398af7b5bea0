/* The account in the store, and what goes with it. */
#include "transport/matrix/account.h"

#include "config.h"
#include "store/db.h"
#include "transport/matrix/device_id.h"
#include "transport/matrix/seal.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct world {
	char *folder, *store, *key;
	GHashTable *values;
	struct config_section section;
	struct seal *seal;
	struct db *db;
};

static void open_seal(struct world *w)
{
	char *fault = NULL;

	seal_free(g_steal_pointer(&w->seal));
	if (seal_open(&w->section, w->store, &w->seal, &fault) != 0)
		fail_msg("%s", fault);
}

static int set_up(void **state)
{
	struct world *w = g_new0(struct world, 1);
	char *error = NULL;

	w->folder = g_dir_make_tmp("kith-account-XXXXXX", NULL);
	w->store = g_build_filename(w->folder, "kith.db", NULL);
	w->key = g_build_filename(w->folder, "home.key", NULL);
	w->values = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_insert(w->values, (char *)"user", (char *)"@kith:example.org");
	g_hash_table_insert(w->values, (char *)"device-name", (char *)"kith");
	w->section = (struct config_section){ .kind = (char *)"matrix",
					      .name = (char *)"home",
					      .values = w->values };
	open_seal(w);
	assert_int_equal(db_open(w->store, &w->db, &error), 0);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	db_close(w->db);
	seal_free(w->seal);
	g_unlink(w->key);
	g_unlink(w->store);
	assert_int_equal(g_rmdir(w->folder), 0);
	g_hash_table_unref(w->values);
	g_free(w->folder);
	g_free(w->store);
	g_free(w->key);
	g_free(w);
	return 0;
}

static const struct account kith = {
	.homeserver = (char *)"https://matrix.example.org",
	.user = (char *)"@kith:example.org",
	.device = (char *)"KITHABCDEFGH",
	.token = (char *)"syt_token_in_clear",
	.refresh_token = (char *)"syr_refresh_in_clear",
	.expires_at_us = INT64_C(1800000000000000),
};

static void change(struct world *w, const char *sql)
{
	db_begin(w->db);
	db_run(w->db, sql, "");
	assert_int_equal(db_end(w->db), 0);
}

static void forget(struct world *w)
{
	db_begin(w->db);
	account_forget(w->db, "home");
	assert_int_equal(db_end(w->db), 0);
}

static void save(struct world *w, const char *network, const struct account *a)
{
	db_begin(w->db);
	account_save(w->db, w->seal, network, a);
	assert_int_equal(db_end(w->db), 0);
}

/* `a`, or where that is NULL the error. */
static void assert_kept(struct world *w, const char *network, const struct account *a, int error)
{
	struct account *kept = NULL;

	assert_int_equal(account_load(w->db, w->seal, network, &kept), error);
	assert_true((kept != NULL) == (a != NULL));
	if (a) {
		assert_string_equal(kept->homeserver, a->homeserver);
		assert_string_equal(kept->user, a->user);
		assert_string_equal(kept->device, a->device);
		assert_string_equal(kept->token, a->token);
		assert_int_equal(g_strcmp0(kept->refresh_token, a->refresh_token), 0);
		assert_int_equal(kept->expires_at_us, a->expires_at_us);
	}
	account_free(kept);
}

static void account__saved__comes_back(void **state)
{
	struct world *w = *state;
	struct account plain = kith;

	assert_kept(w, "home", NULL, -ENOENT);
	save(w, "home", &kith);
	assert_kept(w, "home", &kith, 0);
	assert_kept(w, "elsewhere", NULL, -ENOENT);
	plain.refresh_token = NULL;
	plain.expires_at_us = 0;
	plain.token = (char *)"another";
	save(w, "elsewhere", &plain);
	assert_kept(w, "elsewhere", &plain, 0);
	assert_kept(w, "home", &kith, 0);
	save(w, "home", &plain);
	assert_kept(w, "home", &plain, 0);
}

static void account__tokens__are_not_on_the_disk(void **state)
{
	struct world *w = *state;
	g_autofree char *wal = g_strconcat(w->store, "-wal", NULL);
	const char *const files[] = { w->store, wal };

	save(w, "home", &kith);
	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *bytes = NULL;
		gsize n = 0;
		if (!g_file_get_contents(files[i], &bytes, &n, NULL))
			continue;
		assert_null(memmem(bytes, n, "in_clear", 8));
	}
}

static void account__other_key__opens_nothing(void **state)
{
	struct world *w = *state;

	save(w, "home", &kith);
	g_unlink(w->key);
	open_seal(w);
	assert_kept(w, "home", NULL, -EKEYREJECTED);
	/* Signing in anew mends it. */
	save(w, "home", &kith);
	assert_kept(w, "home", &kith, 0);
}

/* Whoever can write into the store cannot have another token taken for the first. */
static void account__tokens__are_for_their_place(void **state)
{
	struct world *w = *state;

	save(w, "home", &kith);
	change(w, "UPDATE matrix_account SET token = refresh_token");
	assert_kept(w, "home", NULL, -EKEYREJECTED);
	save(w, "home", &kith);
	change(w, "UPDATE matrix_account SET refresh_token = token");
	assert_kept(w, "home", NULL, -EKEYREJECTED);
	save(w, "home", &kith);
	change(w, "UPDATE matrix_account SET network = 'work'");
	assert_kept(w, "work", NULL, -EKEYREJECTED);
}

static void mark(struct world *w)
{
	change(w, "UPDATE matrix_account SET since = 's1', filter = '{}', filter_id = '7'");
	change(w,
	       "INSERT OR REPLACE INTO matrix_room(network, room, place) VALUES('home', '!r', '')");
	change(w, "INSERT OR REPLACE INTO matrix_member(network, room, user, membership)"
		  " VALUES('home', '!r', '@a', 'join')");
	change(w, "INSERT OR REPLACE INTO matrix_invite VALUES('home', '!i', '@a', 'A', 0, 1)");
	change(w, "INSERT OR REPLACE INTO matrix_state(network, room, type, sender, content)"
		  " VALUES('home', '!r', 'm.room.name', '@a', '{}')");
}

static void assert_since(struct world *w, bool kept)
{
	g_autofree char *marks = db_text(
		w->db, "SELECT ifnull(since, '-') || filter || filter_id FROM matrix_account", "");

	assert_string_equal(marks, kept ? "s1{}7" : "-");
}

static int64_t rooms(struct world *w)
{
	return db_int(w->db, -1,
		      "SELECT (SELECT count(*) FROM matrix_room) +"
		      " (SELECT count(*) FROM matrix_member) +"
		      " (SELECT count(*) FROM matrix_invite) +"
		      " (SELECT count(*) FROM matrix_state)",
		      "");
}

static void account__same_device__goes_on(void **state)
{
	struct world *w = *state;
	struct account a = kith;

	save(w, "home", &kith);
	mark(w);
	a.token = (char *)"refreshed";
	a.homeserver = (char *)"https://moved.example.org";
	save(w, "home", &a);
	assert_since(w, true);
	/* Also after the session was ended from outside. */
	forget(w);
	assert_kept(w, "home", NULL, -ENOENT);
	assert_int_equal(db_int(w->db, -1,
				"SELECT count(*) FROM matrix_account WHERE token LIKE 'k1:%'"
				" OR refresh_token IS NOT NULL OR expires_at_us != 0",
				""),
			 0);
	save(w, "home", &kith);
	assert_kept(w, "home", &kith, 0);
	assert_since(w, true);
	assert_int_equal(rooms(w), 4);
}

static void account__other_device__begins_anew(void **state)
{
	struct world *w = *state;
	struct account a = kith;

	save(w, "home", &kith);
	mark(w);
	a.device = (char *)"ANOTHER";
	save(w, "home", &a);
	assert_since(w, false);
	assert_int_equal(rooms(w), 4);
}

static void account__other_user__is_in_other_rooms(void **state)
{
	struct world *w = *state;
	struct account a = kith;

	save(w, "home", &kith);
	mark(w);
	change(w, "INSERT INTO matrix_room(network, room, place) VALUES('work', '!w', '')");
	forget(w);
	a.user = (char *)"@other:example.org";
	save(w, "home", &a);
	assert_since(w, false);
	assert_int_equal(rooms(w), 1);
}

static char *next_device(struct world *w)
{
	return device_id_next(w->db, &w->section);
}

static void discard(struct world *w)
{
	db_begin(w->db);
	device_id_discard(w->db, &w->section);
	assert_int_equal(db_end(w->db), 0);
}

static void device__next__is_the_one_signed_in_on(void **state)
{
	struct world *w = *state;
	struct account a = kith;
	g_autofree char *stable = device_id_stable(&w->section), *first = next_device(w);

	assert_string_equal(first, stable);
	a.user = (char *)"@Kith:example.org";
	save(w, "home", &a);
	g_autofree char *again = next_device(w);
	assert_string_equal(again, kith.device);
	/* Also when its session has ended, or its tokens cannot be opened. */
	forget(w);
	g_autofree char *third = next_device(w);
	assert_string_equal(third, kith.device);
	g_hash_table_insert(w->values, (char *)"user", (char *)"@other:example.org");
	g_autofree char *others = next_device(w), *other = device_id_stable(&w->section);
	assert_string_equal(others, other);
	assert_string_not_equal(other, stable);
}

/* Whoever signs in afterwards, and however often that fails: nobody ever hears of the old one, and
 * one sign-in leaves one device. */
static void device__discarded__is_never_used_again(void **state)
{
	struct world *w = *state;
	struct account a = kith;
	g_autofree char *stable = device_id_stable(&w->section);

	a.device = stable;
	save(w, "home", &a);
	mark(w);
	assert_null(device_id_fault(w->db, &w->section, stable));
	discard(w);
	assert_kept(w, "home", NULL, -ENOENT);
	assert_since(w, false);
	assert_non_null(device_id_fault(w->db, &w->section, stable));
	g_autofree char *second = next_device(w), *same = next_device(w);
	assert_true(g_str_has_prefix(second, stable));
	assert_string_not_equal(second, stable);
	assert_string_equal(second, same);
	assert_null(device_id_fault(w->db, &w->section, second));
	a.device = second;
	save(w, "home", &a);
	discard(w);
	g_autofree char *third = next_device(w);
	assert_string_not_equal(third, second);
	assert_string_not_equal(third, stable);
	/* The account of another user in between. */
	change(w, "DELETE FROM matrix_account");
	g_autofree char *later = next_device(w);
	assert_string_not_equal(later, stable);
	assert_non_null(device_id_fault(w->db, &w->section, ""));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(account__saved__comes_back),
		TEST(account__tokens__are_not_on_the_disk),
		TEST(account__other_key__opens_nothing),
		TEST(account__tokens__are_for_their_place),
		TEST(account__same_device__goes_on),
		TEST(account__other_device__begins_anew),
		TEST(account__other_user__is_in_other_rooms),
		TEST(device__next__is_the_one_signed_in_on),
		TEST(device__discarded__is_never_used_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
