/* What tests of the Matrix transport's parts stand on: a scripted homeserver, and a folder for the
 * stores of whoever signs in there. */
#ifndef KITH_TESTS_HS_GROUND_H
#define KITH_TESTS_HS_GROUND_H

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "fake_hs.h"
#include "net/http.h"
#include "transport/matrix/account.h"
#include "transport/matrix/api.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NOW_US INT64_C(1795424400000000)

struct hs_ground {
	char *folder;
	struct loop *loop;
	struct clock_virtual clock;
	struct fake_hs *hs;
	struct http *http;
};

/* In memory where that is to be had: nothing here is about the disk. */
static inline char *make_folder(void)
{
	char *folder = g_strdup("/dev/shm/kith-test-XXXXXX");

	if (g_mkdtemp(folder))
		return folder;
	g_free(folder);
	return g_dir_make_tmp("kith-test-XXXXXX", NULL);
}

G_GNUC_UNUSED static void hs_ground_init(struct hs_ground *g, hs_handler *handler, void *data)
{
	log_set_level(LOG_LEVEL_ERROR);
	g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
	g->folder = make_folder();
	g->loop = loop_new();
	clock_virtual_init(&g->clock, NOW_US);
	g->hs = fake_hs_new(g->loop, handler, data);
	assert_int_equal(http_new(g->loop, &(struct http_options){ NULL, g->folder }, &g->http), 0);
}

G_GNUC_UNUSED static void hs_ground_done(struct hs_ground *g)
{
	http_free(g->http);
	fake_hs_free(g->hs);
	loop_free(g->loop);
	assert_int_equal(g_rmdir(g->folder), 0);
	g_free(g->folder);
}

/* With everything that an account needs to ask the server. api_free it. */
G_GNUC_UNUSED static struct api *hs_ground_sign_in(const struct hs_ground *g,
						   const struct clock *clock, const char *user,
						   const char *device, void *data)
{
	const struct account account = {
		.homeserver = (char *)fake_hs_url(g->hs),
		.user = (char *)user,
		.device = (char *)device,
		.token = (char *)"secret",
	};
	const struct api_options options = {
		.loop = g->loop, .clock = clock, .http = g->http, .name = "home", .data = data
	};

	return api_new(&options, &account);
}

/* g_free it. */
G_GNUC_UNUSED static char *hs_ground_store(const struct hs_ground *g)
{
	return g_build_filename(g->folder, "kith.db", NULL);
}

/* With what SQLite and kith keep beside it. `path` is freed. */
G_GNUC_UNUSED static void hs_ground_remove_store(char *path)
{
	static const char *const ends[] = { "", "-wal", "-shm", ".lock" };

	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *file = g_strconcat(path, ends[i], NULL);
		g_remove(file);
	}
	g_free(path);
}

#endif
