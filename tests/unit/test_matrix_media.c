#include "transport/matrix/media.h"

#include "matrix_ground.h"

struct asked {
	char *name, *type;
	unsigned answers;
	bool none;
};

static void answered(void *data, const struct media_facts *facts)
{
	struct asked *a = data;

	a->none = !facts;
	g_free(a->name);
	g_free(a->type);
	a->name = g_strdup(facts ? facts->name : NULL);
	a->type = g_strdup(facts ? facts->type : NULL);
	a->answers++;
}

static void asked_done(struct asked *a)
{
	g_free(a->name);
	g_free(a->type);
}

static void ask(struct ground *g, const char *headers, const char *type, struct asked *a)
{
	ground_script(g, "GET", "v1/media/download/",
		      (struct hs_answer){ .text = "bytes", .headers = headers, .type = type });
	unsigned before = a->answers;
	assert_non_null(media_ask(g->m.api, "mxc://x.org:8448/Ab-_9", answered, a));
	assert_true(fake_hs_until_count(g->hs, &a->answers, before + 1));
}

static void media__asks__with_its_token(void **state)
{
	struct ground *g = *state;
	struct asked a = { 0 };

	ask(g, "Content-Disposition: attachment; filename=\"the song.ogg\"\r\n",
	    "audio/ogg; codecs=opus", &a);
	assert_string_equal(a.name, "the song.ogg");
	assert_string_equal(a.type, "audio/ogg");
	const struct hs_request *r =
		ground_await(g, "GET", "v1/media/download/x.org%3A8448/Ab-_9", 1);
	assert_string_equal(r->authorization, "Bearer token");
	asked_done(&a);
}

static void media__reads__names_as_they_come(void **state)
{
	static const struct {
		const char *header, *name;
	} all[] = {
		{ "inline; filename=plain.png", "plain.png" },
		{ "inline;filename = \"a\\\"b;c.png\" ; x=y", "a\"b;c.png" },
		{ "attachment; filename=\"u.png\"; filename*=utf-8''%C3%BC%20x.png", "ü x.png" },
		{ "attachment; filename*=UTF-8'en'%e2%82%ac.txt; filename=e.txt", "€.txt" },
		/* Broken ones: what can be had. */
		{ "attachment; filename*=utf-8''%ff; filename=f.txt", "f.txt" },
		{ "attachment; filename*=latin1''x", NULL },
		{ "attachment; filename=", NULL },
		{ "attachment; filename=\"never ends", "never ends" },
		{ "attachment; = ; ;;filename=x", "x" },
		{ "attachment; filename*=utf-8''a%0A%E2%80%AEb", "a b" },
		{ "inline", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		struct ground *g = *state;
		struct asked a = { 0 };
		g_autofree char *header =
			g_strdup_printf("Content-Disposition: %s\r\n", all[i].header);

		ask(g, header, "image/png", &a);
		if (g_strcmp0(a.name, all[i].name) != 0)
			fail_msg("%s: %s", all[i].header, a.name);
		assert_string_equal(a.type, "image/png");
		asked_done(&a);
	}
}

static void media__takes__no_endless_name(void **state)
{
	struct ground *g = *state;
	struct asked a = { 0 };
	g_autofree char *name = g_strnfill(5000, 'x');
	g_autofree char *header =
		g_strdup_printf("Content-Disposition: inline; filename=%s\r\n", name);

	ask(g, header, "nonsense", &a);
	assert_int_equal(g_utf8_strlen(a.name, -1), 200);
	assert_null(a.type);
	asked_done(&a);
}

static void media__tells__where_there_is_nothing(void **state)
{
	struct ground *g = *state;
	struct asked a = { 0 };

	assert_non_null(media_ask(g->m.api, "mxc://x/gone", answered, &a));
	assert_true(fake_hs_until_count(g->hs, &a.answers, 1));
	assert_true(a.none);
	asked_done(&a);
}

static void media__refuses__what_is_no_such_url(void **state)
{
	struct ground *g = *state;
	static const char *const urls[] = {
		"",
		"mxc://",
		"mxc://x",
		"mxc://x/",
		"mxc:///id",
		"https://x/id",
		"mxc://x/a/b",
		"mxc://x/../id",
		"mxc://../id",
		"mxc://x/id?q",
		"mxc://x/i d",
		"mxc://x/i\nd",
		"mxc://x/i%2Fd",
		"mxc://ü/id",
		"mxc://x/id#frag",
		"MXC://x/id",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(urls); i++)
		assert_null(media_ask(g->m.api, urls[i], answered, NULL));
	g_autofree char *long_id = g_strnfill(2000, 'x');
	g_autofree char *url = g_strconcat("mxc://x/", long_id, NULL);
	assert_null(media_ask(g->m.api, url, answered, NULL));
}

static void media__stops(void **state)
{
	struct ground *g = *state;

	ground_script(g, "GET", NULL, (struct hs_answer){ .hold = true });
	struct media_call *c = media_ask(g->m.api, "mxc://x/id", answered, NULL);
	ground_await(g, "GET", NULL, 1);
	media_cancel(c);
	media_cancel(NULL);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, ground_set_up, ground_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(media__asks__with_its_token),
		TEST(media__reads__names_as_they_come),
		TEST(media__takes__no_endless_name),
		TEST(media__tells__where_there_is_nothing),
		TEST(media__refuses__what_is_no_such_url),
		TEST(media__stops),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
