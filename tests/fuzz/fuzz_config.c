/* Any bytes as a configuration: it is either whole or every fault is one readable line, and both
 * are the same every time. */
#include "base/config/load.h"
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const char *line, unsigned lines_most, long *before)
{
	static const char start[] = "fuzz.conf:";
	char *rest;
	long number;

	assert(g_str_has_prefix(line, start));
	number = strtol(line + strlen(start), &rest, 10);
	assert(number >= 1 && number <= lines_most && number >= *before);
	assert(g_str_has_prefix(rest, ": ") && rest[2] != '\0');
	*before = number;
	for (const char *p = line; *p != '\0'; p = g_utf8_next_char(p))
		assert(!g_unichar_iscntrl(g_utf8_get_char(p)) || *p == '\t');
}

static void check_faults(const char *faults, unsigned lines_most)
{
	g_auto(GStrv) lines = NULL;
	long before = 0;
	unsigned n;

	assert(g_utf8_validate(faults, -1, NULL));
	assert(g_str_has_suffix(faults, "\n"));
	lines = g_strsplit(faults, "\n", -1);
	n = g_strv_length(lines);
	for (unsigned i = 0; i < n - 1; i++)
		check_line(lines[i], lines_most, &before);
}

static void check_wall(const struct config_wall *w)
{
	assert(w->weekday >= 1 && w->weekday <= 7);
	assert(w->hour >= 0 && w->hour <= 23 && w->minute >= 0 && w->minute <= 59);
}

static void check_group(const struct config_group *g)
{
	assert(g_utf8_validate(g->key, -1, NULL) && g_utf8_validate(g->name, -1, NULL));
	assert(*g->name != '\0' && g->zone != NULL && *g->language != '\0');
	assert(g->organizers->len > 0 && g->places->len > 0);
	assert(*g->prefix != '\0' && strlen(g->prefix) <= 3);
	assert(g->soft_cap >= 2);
	assert(g->charter == NULL || *g->charter != '\0');
	check_wall(&g->round.opens);
	check_wall(&g->round.last_call);
	check_wall(&g->round.closes);
	assert(g->round.every_weeks >= 1 && g->round.every_weeks <= 52);
	assert(g->round.archive_us > 0 && g->pitch.giving_window_us > 0);
	assert(g->pitch.budget_per_week >= 0);
	for (unsigned i = 0; i < g->round.holidays->len; i++) {
		const struct config_days *d =
			&g_array_index(g->round.holidays, struct config_days, i);

		assert(d->first <= d->last && g_date_valid_julian(d->first));
	}
}

static void check_config(const struct config *c)
{
	assert(c->groups->len > 0 && c->retention_us > 0);
	assert(*c->store_path != '\0' && *c->log_level != '\0');
	for (unsigned i = 0; i < c->groups->len; i++)
		check_group(g_ptr_array_index(c->groups, i));
	for (unsigned i = 0; i < c->networks->len; i++) {
		const struct config_section *s = g_ptr_array_index(c->networks, i);
		bool irc = strcmp(s->kind, "irc") == 0;

		assert(*s->name != '\0' && s->line > 0);
		assert(*config_text(s, irc ? "server" : "user") != '\0');
		if (irc)
			assert(config_number(s, "port") >= 1 && config_number(s, "port") <= 65535);
	}
}

/* The reader alone takes what a C string cannot hold. */
static void check_bytes(const char *bytes, size_t n)
{
	g_autoptr(GPtrArray) sections = NULL;
	struct faults f;
	int before = -1;

	faults_init(&f, "fuzz.conf");
	sections = load_sections(bytes, n, &f);
	assert(sections->len > 0);
	for (unsigned i = 0; i < sections->len; i++) {
		const struct load_section *s = g_ptr_array_index(sections, i);

		assert(s->line > before);
		before = s->line;
		for (unsigned k = 0; k < s->entries->len; k++) {
			const struct load_entry *e = g_ptr_array_index(s->entries, k);

			assert(e->line > before);
			before = e->line;
			assert(*e->key != '\0' && strchr(e->value, '\n') == NULL);
		}
	}
	faults_done(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	char *faults[2] = { NULL, NULL };
	struct config *c[2] = { NULL, NULL };
	unsigned lines = 1;
	int error[2];

	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	for (int i = 0; i < 2; i++)
		error[i] = config_parse(text, "fuzz.conf", &c[i], &faults[i]);
	assert(error[0] == error[1]);
	assert(g_strcmp0(faults[0], faults[1]) == 0);
	if (error[0] == 0) {
		assert(faults[0] == NULL);
		check_config(c[0]);
	} else {
		assert(error[0] == -EINVAL && c[0] == NULL);
		check_faults(faults[0], lines);
	}
	g_free(faults[0]);
	g_free(faults[1]);
	config_free(c[0]);
	config_free(c[1]);
	check_bytes((const char *)data, size);
	return 0;
}
