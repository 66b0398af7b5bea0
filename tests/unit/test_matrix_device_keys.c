/* What somebody's keys say, and which of that kith believes: homeservers may tell anything. */
#include "devices_world.h"

/* Both in base64: 32 bytes of 0, of low order on either curve, and one of them less. */
#define LOW_ORDER "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SHORT     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* Ana has a phone, and kith knows it. */
static struct person *meet_ana(struct world *w)
{
	struct person *ana = person(w, ANA);

	give_device(ana, "PHONE", true);
	follow(w, ANA);
	devices_start(w->d);
	await_known(w, ANA);
	assert_devices(w, ANA, "PHONE*");
	return ana;
}

static void set_keys(json_t *keys, const char *name, const char *value)
{
	json_object_set_new(json_object_get(keys, "keys"), name, json_string(value));
}

/*
 * Devices.
 */
static void other_user(struct person *p, json_t *keys)
{
	json_object_set_new(keys, "user_id", json_string(BOB));
}

static void other_device(struct person *p, json_t *keys)
{
	json_object_set_new(keys, "device_id", json_string("PHONE"));
}

static void no_names(struct person *p, json_t *keys)
{
	json_object_del(keys, "user_id");
	json_object_del(keys, "device_id");
}

static void weak_curve25519(struct person *p, json_t *keys)
{
	set_keys(keys, "curve25519:LAPTOP", LOW_ORDER);
}

static void short_curve25519(struct person *p, json_t *keys)
{
	set_keys(keys, "curve25519:LAPTOP", SHORT);
}

static void no_curve25519(struct person *p, json_t *keys)
{
	json_object_del(json_object_get(keys, "keys"), "curve25519:LAPTOP");
}

static void weak_ed25519(struct person *p, json_t *keys)
{
	set_keys(keys, "ed25519:LAPTOP", LOW_ORDER);
}

static void other_ed25519(struct person *p, json_t *keys)
{
	set_keys(keys, "ed25519:LAPTOP", crypto_account_ed25519(account(p, "OTHER")));
}

static void other_name(struct person *p, json_t *keys)
{
	json_object_del(json_object_get(keys, "keys"), "ed25519:LAPTOP");
	set_keys(keys, "ed25519:PHONE", crypto_account_ed25519(account(p, "LAPTOP")));
}

static void long_keys(struct person *p, json_t *keys)
{
	g_autofree char *text = g_strnfill(70000, 'x');

	json_object_set_new(keys, "more", json_string(text));
}

static void nothing_wrong(struct person *p, json_t *keys)
{
	json_object_set_new(keys, "more", json_pack("{s:[i, n]}", "any", 1));
}

static void no_olm(struct person *p, json_t *keys)
{
	json_object_set_new(keys, "algorithms", json_pack("[s, i]", "m.megolm.v1.aes-sha2", 7));
}

static void no_megolm(struct person *p, json_t *keys)
{
	json_object_set_new(keys, "algorithms", json_pack("[s]", "m.olm.v1.curve25519-aes-sha2"));
}

static const struct {
	void (*spoil)(struct person *p, json_t *keys); /* and then it is signed */
	bool fine, megolm;
} spoilt[] = {
	{ other_user },
	{ other_device },
	{ no_names },
	{ weak_curve25519 },
	{ short_curve25519 },
	{ no_curve25519 },
	{ weak_ed25519 },
	{ other_ed25519 },
	{ other_name },
	{ long_keys },
	{ nothing_wrong, true, true },
	{ no_olm, true, false },
	{ no_megolm, true, false },
};

/* What a device says in both of its names' and its keys' places, it says of itself. */
static void device__keys_that_are_not_its_own__is_none(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w);

	for (unsigned i = 0; i < G_N_ELEMENTS(spoilt); i++) {
		json_t *keys = plain_keys(ana, "LAPTOP");

		spoilt[i].spoil(ana, keys);
		json_object_set_new(ana->devices, "LAPTOP", keys);
		sign_by_device(ana, "LAPTOP", keys);
		sign_with(keys, ANA, ana->self_signing);
		renew(w, ANA);
		assert_devices(w, ANA, spoilt[i].fine ? "LAPTOP* PHONE*" : "PHONE*");
		struct device *laptop = devices_find(w->d, ANA, "LAPTOP");
		assert_true(spoilt[i].megolm == (laptop && laptop->megolm));
		device_free(laptop);
	}
}

static void device__not_signed_by_itself__is_none(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w);
	json_t *keys = plain_keys(ana, "LAPTOP");

	json_object_set_new(ana->devices, "LAPTOP", keys);
	renew(w, ANA);
	assert_devices(w, ANA, "PHONE*");
	/* Not by its owner alone either, nor by another device, nor for another text. */
	sign_with(keys, ANA, ana->self_signing);
	renew(w, ANA);
	assert_devices(w, ANA, "PHONE*");
	g_autofree char *text = canonical_signed(keys);
	g_autofree char *other = crypto_account_sign(account(ana, "PHONE"), text);
	canonical_add(keys, ANA, "LAPTOP", other);
	renew(w, ANA);
	assert_devices(w, ANA, "PHONE*");
	sign_by_device(ana, "LAPTOP", keys);
	json_object_set_new(keys, "more", json_true());
	renew(w, ANA);
	assert_devices(w, ANA, "PHONE*");
	sign_by_device(ana, "LAPTOP", keys);
	renew(w, ANA);
	assert_devices(w, ANA, "LAPTOP PHONE*");
}

static void device__no_object__is_none(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w);
	g_autofree char *long_id = g_strnfill(256, 'L');

	json_object_set_new(ana->devices, "A", json_null());
	json_object_set_new(ana->devices, "B", json_pack("[s]", "device_id"));
	json_object_set_new(ana->devices, "C", json_object());
	json_object_set_new(
		ana->devices, "D",
		json_pack("{s:s, s:s, s:i}", "user_id", ANA, "device_id", "D", "keys", 7));
	give_device(ana, "", true);
	give_device(ana, long_id, true);
	give_device(ana, "LINE\nBREAK", true);
	give_device(ana, "M\xc3\xb6we \"1\"", true);
	renew(w, ANA);
	assert_devices(w, ANA, "M\xc3\xb6we \"1\"* PHONE*");
}

/* The server tells of Bob's phone as of Ana's, which bears his signatures. */
static void device__of_somebody_else__is_none(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w);

	json_object_set(ana->devices, "LAPTOP", give_device(person(w, BOB), "LAPTOP", true));
	renew(w, ANA);
	assert_devices(w, ANA, "PHONE*");
}

static void device__that_is_called_like_a_key_of_its_owner__is_none(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w);

	give_device(ana, crypto_signer_public(ana->master), true);
	give_device(ana, crypto_signer_public(ana->self_signing), false);
	renew(w, ANA);
	assert_devices(w, ANA, "PHONE*");
}

static void device__with_another_key_than_at_first__is_none(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w);
	json_t *first = json_incref(json_object_get(ana->devices, "PHONE"));

	replace_device(ana, "PHONE");
	renew(w, ANA);
	assert_devices(w, ANA, "");
	assert_null(devices_find(w->d, ANA, "PHONE"));
	/* Nor once it was deleted. */
	json_object_del(ana->devices, "PHONE");
	renew(w, ANA);
	replace_device(ana, "PHONE");
	renew(w, ANA);
	assert_devices(w, ANA, "");
	/* It comes back as it was. */
	json_object_set_new(ana->devices, "PHONE", first);
	renew(w, ANA);
	assert_devices(w, ANA, "PHONE*");
}

static void device__deleted__is_none_and_comes_back(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w);
	g_autofree char *curve25519 = g_strdup(crypto_account_curve25519(account(ana, "PHONE")));
	json_t *phone = json_incref(json_object_get(ana->devices, "PHONE"));

	json_object_del(ana->devices, "PHONE");
	renew(w, ANA);
	assert_devices(w, ANA, "");
	assert_null(devices_find(w->d, ANA, "PHONE"));
	assert_null(devices_by_curve25519(w->d, ANA, curve25519));
	json_object_set_new(ana->devices, "PHONE", phone);
	renew(w, ANA);
	assert_devices(w, ANA, "PHONE*");
}

/* The server makes up a device that says Ana's phone's key is its own. */
static void device__with_the_key_of_another__comes_behind_it(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w);
	const char *curve25519 = crypto_account_curve25519(account(ana, "PHONE"));
	json_t *keys = plain_keys(ana, "AAA");

	set_keys(keys, "curve25519:AAA", curve25519);
	sign_by_device(ana, "AAA", keys);
	json_object_set_new(ana->devices, "AAA", keys);
	renew(w, ANA);
	assert_devices(w, ANA, "AAA PHONE*");
	struct device *device = devices_by_curve25519(w->d, ANA, curve25519);
	assert_string_equal(device->id, "PHONE");
	device_free(device);
}

static void device__its_names__are_not_what_was_signed(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w);
	g_autofree char *name = g_strnfill(5000, 'n');

	json_object_set_new(give_device(ana, "PHONE", true), "unsigned",
			    json_pack("{s:s}", "device_display_name", name));
	json_object_set_new(give_device(ana, "LAPTOP", true), "unsigned",
			    json_pack("{s:i}", "device_display_name", 7));
	json_object_set_new(give_device(ana, "TABLET", true), "unsigned",
			    json_pack("{s:s}", "device_display_name", " \n"));
	renew(w, ANA);
	assert_devices(w, ANA, "LAPTOP* PHONE* TABLET*");
	g_autoptr(GPtrArray) all = devices_of(w->d, ANA);
	assert_null(((struct device *)all->pdata[0])->shown);
	assert_true(strlen(((struct device *)all->pdata[1])->shown) < 200);
	assert_null(((struct device *)all->pdata[2])->shown);
}

/*
 * Identities.
 */
static void mistaken_master_user(struct person *p)
{
	json_object_set_new(p->master_key, "user_id", json_string(BOB));
}

static void mistaken_master_usage(struct person *p)
{
	json_object_set_new(p->master_key, "usage", json_pack("[s]", "self_signing"));
}

static void mistaken_master_name(struct person *p)
{
	json_object_set_new(p->master_key, "keys",
			    json_pack("{s:s}", "ed25519:x", crypto_signer_public(p->master)));
}

static void weak_master(struct person *p)
{
	json_decref(p->master_key);
	p->master_key = owner_key(p->user, "master", LOW_ORDER);
}

static void two_masters(struct person *p)
{
	set_keys(p->master_key, "ed25519:x", "x");
}

static void no_master(struct person *p)
{
	g_clear_pointer(&p->master_key, json_decref);
}

static void master_of_a_wrong_kind(struct person *p)
{
	json_decref(p->master_key);
	p->master_key = json_pack("[n]");
}

static void no_self_signing(struct person *p)
{
	g_clear_pointer(&p->self_signing_key, json_decref);
}

static void resign(struct person *p)
{
	json_object_del(p->self_signing_key, "signatures");
	sign_with(p->self_signing_key, p->user, p->master);
}

static void mistaken_self_signing_user(struct person *p)
{
	json_object_set_new(p->self_signing_key, "user_id", json_string(BOB));
	resign(p);
}

/* The master key signs that of another use, too. */
static void mistaken_self_signing_usage(struct person *p)
{
	json_object_set_new(p->self_signing_key, "usage", json_pack("[s]", "user_signing"));
	resign(p);
}

static void weak_self_signing(struct person *p)
{
	json_decref(p->self_signing_key);
	p->self_signing_key = owner_key(p->user, "self_signing", LOW_ORDER);
	resign(p);
}

static void unsigned_self_signing(struct person *p)
{
	json_object_del(p->self_signing_key, "signatures");
}

/* Under the name of the master key, but by another. */
static void forged_self_signing(struct person *p)
{
	g_autofree char *text = canonical_signed(p->self_signing_key);
	struct crypto_signer *forger = crypto_signer_make();
	g_autofree char *signature = crypto_signer_sign(forger, text);

	canonical_add(p->self_signing_key, p->user, crypto_signer_public(p->master), signature);
	crypto_signer_free(forger);
}

static void (*const mistaken[])(struct person *p) = {
	mistaken_master_user,
	mistaken_master_usage,
	mistaken_master_name,
	weak_master,
	two_masters,
	no_master,
	master_of_a_wrong_kind,
	no_self_signing,
	mistaken_self_signing_user,
	mistaken_self_signing_usage,
	weak_self_signing,
	unsigned_self_signing,
	forged_self_signing,
};

static void identity__that_does_not_hold__is_none(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < G_N_ELEMENTS(mistaken); i++) {
		g_autofree char *user = g_strdup_printf("@u%u:example.org", i);
		struct person *p = person(w, user);

		give_device(p, "PHONE", true);
		mistaken[i](p);
		follow(w, user);
	}
	devices_start(w->d);
	for (unsigned i = 0; i < G_N_ELEMENTS(mistaken); i++) {
		g_autofree char *user = g_strdup_printf("@u%u:example.org", i);

		await_known(w, user);
		assert_devices(w, user, "PHONE");
		assert_int_equal(devices_identity(w->d, user), DEVICES_NOBODY);
	}
	assert_int_equal(
		db_int(w->db, 0, "SELECT count(*) FROM e2ee_user WHERE pinned IS NOT NULL", ""), 0);
}

static void identity__another__is_told_once_and_pinned(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w);

	give_device(ana, "LAPTOP", true);
	give_identity(ana);
	give_device(ana, "PHONE", true); /* she signs this one alone */
	run(w, "DELETE FROM heard");
	renew(w, ANA);
	assert_heard(w, "changed " ANA ", updated " ANA);
	assert_devices(w, ANA, "LAPTOP PHONE*");
	assert_int_equal(devices_identity(w->d, ANA), DEVICES_CHANGED);
	g_autofree char *master = devices_master(w->d, ANA);
	assert_string_equal(master, crypto_signer_public(ana->master));
	renew(w, ANA);
	assert_int_equal(w->identities, 1);
	assert_int_equal(devices_identity(w->d, ANA), DEVICES_CHANGED);
}

static void identity__another_self_signing_key__is_the_same(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w);

	crypto_signer_free(ana->self_signing);
	json_decref(ana->self_signing_key);
	ana->self_signing = crypto_signer_make();
	ana->self_signing_key =
		owner_key(ANA, "self_signing", crypto_signer_public(ana->self_signing));
	sign_with(ana->self_signing_key, ANA, ana->master);
	renew(w, ANA);
	assert_devices(w, ANA, "PHONE");
	give_device(ana, "PHONE", true);
	renew(w, ANA);
	assert_devices(w, ANA, "PHONE*");
	assert_int_equal(devices_identity(w->d, ANA), DEVICES_PINNED);
	assert_int_equal(w->identities, 0);
}

static void identity__gone_for_a_while__is_the_same(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w);
	json_t *master = g_steal_pointer(&ana->master_key);

	renew(w, ANA);
	assert_devices(w, ANA, "PHONE");
	assert_int_equal(devices_identity(w->d, ANA), DEVICES_NOBODY);
	assert_null(devices_master(w->d, ANA));
	ana->master_key = master;
	renew(w, ANA);
	assert_devices(w, ANA, "PHONE*");
	assert_int_equal(devices_identity(w->d, ANA), DEVICES_PINNED);
	/* But another one after it is another one. */
	no_master(ana);
	renew(w, ANA);
	give_identity(ana);
	renew(w, ANA);
	assert_int_equal(w->identities, 1);
}

/* Ana's self-signing key stands in Bob's place, and has signed his device. */
static void identity__of_somebody_else__is_none(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w), *bob = person(w, BOB);
	json_t *phone = give_device(bob, "PHONE", false);

	sign_with(phone, ANA, ana->self_signing);
	sign_with(phone, BOB, ana->self_signing);
	json_decref(bob->master_key);
	json_decref(bob->self_signing_key);
	bob->master_key = json_deep_copy(ana->master_key);
	bob->self_signing_key = json_deep_copy(ana->self_signing_key);
	follow(w, BOB);
	await_known(w, BOB);
	assert_devices(w, BOB, "PHONE");
	assert_int_equal(devices_identity(w->d, BOB), DEVICES_NOBODY);
}

/*
 * Keys that a device sends of itself.
 */
static void assert_read(struct world *w, const char *user, const json_t *keys, const char *want)
{
	struct device *device = devices_read(w->d, user, keys);

	if (!want)
		assert_null(device);
	else
		assert_non_null(device);
	if (device)
		assert_string_equal(device->signed_ ? "signed" : "unsigned", want);
	device_free(device);
}

static void read__device_of_its_own_word__goes_by_its_owner(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w);
	json_t *laptop = give_device(ana, "LAPTOP", true), *tablet = give_device(ana, "TAB", false);

	assert_read(w, ANA, json_object_get(ana->devices, "PHONE"), "signed");
	assert_read(w, ANA, laptop, "signed");
	assert_read(w, ANA, tablet, "unsigned");
	assert_read(w, BOB, laptop, NULL);
	assert_read(w, ANA, NULL, NULL);
	/* Whose list is not known may be another by now. */
	w->hold = true;
	hear_changed(w, ANA);
	assert_read(w, ANA, laptop, "unsigned");
	assert_read(w, BOB, give_device(person(w, BOB), "PHONE", true), "unsigned");
	json_object_set_new(laptop, "user_id", json_string(BOB));
	assert_read(w, ANA, laptop, NULL);
	assert_read(w, BOB, laptop, NULL);
}

static void read__other_keys_than_the_list_has__is_none(void **state)
{
	struct world *w = *state;
	struct person *ana = meet_ana(w);
	json_t *first = json_incref(json_object_get(ana->devices, "PHONE"));

	give_device(ana, "LAPTOP", true);
	renew(w, ANA);
	replace_device(ana, "PHONE");
	assert_read(w, ANA, json_object_get(ana->devices, "PHONE"), NULL);
	assert_read(w, ANA, first, "signed");
	/* Who was signed out is not there again by saying so. */
	json_object_del(ana->devices, "PHONE");
	renew(w, ANA);
	assert_read(w, ANA, first, NULL);
	w->hold = true;
	hear_changed(w, ANA);
	assert_read(w, ANA, first, "unsigned"); /* but may be, as long as the list is old */
	json_decref(first);
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WORLD_TEST(device__keys_that_are_not_its_own__is_none),
		WORLD_TEST(device__not_signed_by_itself__is_none),
		WORLD_TEST(device__no_object__is_none),
		WORLD_TEST(device__of_somebody_else__is_none),
		WORLD_TEST(device__that_is_called_like_a_key_of_its_owner__is_none),
		WORLD_TEST(device__with_another_key_than_at_first__is_none),
		WORLD_TEST(device__deleted__is_none_and_comes_back),
		WORLD_TEST(device__with_the_key_of_another__comes_behind_it),
		WORLD_TEST(device__its_names__are_not_what_was_signed),
		WORLD_TEST(identity__that_does_not_hold__is_none),
		WORLD_TEST(identity__another__is_told_once_and_pinned),
		WORLD_TEST(identity__another_self_signing_key__is_the_same),
		WORLD_TEST(identity__gone_for_a_while__is_the_same),
		WORLD_TEST(identity__of_somebody_else__is_none),
		WORLD_TEST(read__device_of_its_own_word__goes_by_its_owner),
		WORLD_TEST(read__other_keys_than_the_list_has__is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
