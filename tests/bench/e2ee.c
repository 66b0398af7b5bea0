/*
 * usage: bench_e2ee [ROUNDS [FOLDER]]
 *
 * What an encrypted event costs on its way in and on its way out, on a real store, beside the
 * library's decrypting or encrypting of the same payloads alone: of what is received
 * (e2ee_receive.c), and of what is said (e2ee_send.c). All are measured in turns within the one
 * run; of each session, of 100 messages as clients make them, the fastest round counts. The store
 * lies in memory where there is room for that, so that the disk does not count; FOLDER is another
 * place for it. Prints; asserts nothing about time.
 */
#include "e2ee_bench.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "transport/matrix/e2ee/olm.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 7 };

static struct crypto_pickle_key pickle_key;

int64_t bench_now_us(void)
{
	return clock_real()->mono_us(clock_real());
}

void bench_store_open(struct bench_store *s, const char *folder)
{
	g_autofree char *error = NULL;

	s->path = g_build_filename(folder, "bench.kith", NULL);
	if (db_open(s->path, &s->db, &error) < 0)
		g_error("%s", error);
	s->loop = loop_new();
	s->env = (struct e2ee_env){ .loop = s->loop,
				    .clock = clock_real(),
				    .db = s->db,
				    .network = "home",
				    .user = KITH,
				    .device = "DEVICE",
				    .key = &pickle_key };
}

void bench_store_close(struct bench_store *s)
{
	static const char *const ends[] = { "", "-wal", "-shm" };

	db_close(s->db);
	loop_free(s->loop);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *file = g_strconcat(s->path, ends[i], NULL);
		g_unlink(file);
	}
	g_free(s->path);
}

/* Microseconds an event. */
static double mean(const int64_t *least_us)
{
	int64_t all_us = 0;

	for (unsigned s = 0; s < SESSIONS; s++)
		all_us += least_us[s];
	return (double)all_us / EVENTS;
}

static void compare(const struct direction *d, size_t bytes, int rounds, const char *folder)
{
	int64_t least_us[WAYS][SESSIONS];

	for (unsigned w = 0; w < WAYS; w++)
		for (unsigned s = 0; s < SESSIONS; s++)
			least_us[w][s] = INT64_MAX;
	d->begin(bytes);
	for (int i = 0; i < rounds; i++)
		for (unsigned w = 0; w < WAYS; w++)
			d->ways[w](folder, least_us[w]);
	double alone = mean(least_us[0]), middle = mean(least_us[1]), whole = mean(least_us[2]);
	printf("%8zu %10.1f %10.1f %10.1f %10.2f %10.2f\n", bytes, alone, middle, whole,
	       middle / alone, whole / alone);
	d->end();
}

static void compare_sizes(const struct direction *d, int rounds, const char *folder)
{
	printf("%8s %10s %10s %10s %21s\n", "", "libolm", d->middle, "whole", "times libolm's");
	printf("%8s %10s %10s %10s %10s %10s\n", "bytes", "us", "us", "us", d->middle, "whole");
	compare(d, 200, rounds, folder);
	compare(d, 2000, rounds, folder);
}

int main(int argc, char **argv)
{
	const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();
	int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS;
	g_autofree char *folder =
		g_build_filename(argc > 2 ? argv[2] : place, "kith-bench-XXXXXX", NULL);

	log_set_level(LOG_LEVEL_ERROR);
	if (!g_mkdtemp(folder))
		g_error("there is no place for the store");
	memset(&pickle_key, 7, sizeof(pickle_key));
	compare_sizes(&e2ee_receiving, rounds, folder);
	compare_sizes(&e2ee_sending, rounds, folder);
	g_rmdir(folder);
	return EXIT_SUCCESS;
}
