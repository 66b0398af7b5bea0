#include "groups.h"

#include "base/text/text.h"
#include "check.h"
#include "clock.h"
#include "config.h"
#include "file.h"
#include "keys.h"
#include "values.h"
#include "words.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { CHARTER_BYTES_MOST = 16384, KEY_MOST = 40 };

struct groups {
	struct config *config;
	struct faults *faults;
	GHashTable *sections; /* "round NAME" -> struct load_section, borrowed */
	GHashTable *networks; /* NAME -> struct load_section, borrowed */
	GHashTable *places;   /* "network/room", folded -> struct place */
};

struct place {
	char *title; /* of its group's section */
	int line;
};

static void place_free(void *data)
{
	struct place *p = data;

	g_free(p->title);
	g_free(p);
}

char *config_path(const char *file, const char *value)
{
	g_autofree char *folder = g_path_get_dirname(file);

	if (g_path_is_absolute(value) || strcmp(folder, ".") == 0)
		return g_strdup(value);
	return g_build_filename(folder, value, NULL);
}

const char *section_text(const struct load_section *s, const char *section, const char *key)
{
	const struct load_entry *e = section_entry(s, key);

	return e != NULL ? e->value : key_find(section, key)->value;
}

/* The line of `key`, or of the section without it. */
static int line_of(const struct load_section *s, const char *key)
{
	const struct load_entry *e = section_entry(s, key);

	return e != NULL ? e->line : s->line;
}

static const struct load_section *find_section(const struct groups *g, const char *kind,
					       const char *name)
{
	g_autofree char *key = g_strdup_printf("%s %s", kind, name);

	return g_hash_table_lookup(g->sections, key);
}

/* The nearest of a table's keys; borrowed from it. */
static const char *nearest_name(GHashTable *names, const char *name)
{
	g_autofree const char **list = (const char **)g_hash_table_get_keys_as_array(names, NULL);

	return text_nearest(name, list);
}

static void check_network(const struct groups *g, const struct config_address *a, int line,
			  const char *what)
{
	const char *nearest = nearest_name(g->networks, a->network);
	g_autofree char *shown = text_clip(a->network, 40);

	if (nearest != NULL)
		faults_add(g->faults, line, "%s: no network '%s' here; did you mean '%s'?", what,
			   shown, nearest);
	else
		faults_add(g->faults, line,
			   "%s: no network '%s' here; it needs a section [irc %s] or "
			   "[matrix %s]",
			   what, shown, shown, shown);
}

/* RFC 2812, 1.3, and the Matrix specification, appendices, "Common identifier format". */
static const char *room_fault(const char *kind, const char *room)
{
	if (strcmp(kind, "irc") == 0)
		return strchr("#&+!", *room) != NULL
			       ? NULL
			       : "is no room; on IRC it begins with '#', as in 'libera/#makers'";
	if (*room == '!' || (*room == '#' && strchr(room, ':') != NULL))
		return NULL;
	return "is no room; on Matrix it is an id or an address, as in 'home/!id:example.org' or "
	       "'home/#makers:example.org'";
}

static const char *account_fault(const char *kind, const char *account)
{
	if (strcmp(kind, "irc") == 0)
		return strchr("#&@", *account) == NULL ? NULL
						       : "is no account; on IRC it is a services "
							 "account, as in 'libera/ana'";
	if (*account == '@' && strchr(account, ':') != NULL)
		return NULL;
	return "is no account; on Matrix it is a whole id, as in 'home/@ana:example.org'";
}

static void check_address(const struct groups *g, const struct config_address *a, int line,
			  const char *what,
			  const char *(*fault_of)(const char *kind, const char *name))
{
	const struct load_section *network = g_hash_table_lookup(g->networks, a->network);
	g_autofree char *shown = text_clip(a->name, 60);
	const char *fault;

	/* The sandbox has no section of its own. */
	if (strcmp(a->network, "console") == 0)
		return;
	if (network == NULL) {
		check_network(g, a, line, what);
		return;
	}
	fault = fault_of(network->known->name, a->name);
	if (fault != NULL)
		faults_add(g->faults, line, "%s: '%s/%s' %s", what, a->network, shown, fault);
}

/* Two groups in one place would answer each other's commands. */
static void check_unshared(struct groups *g, const struct config_address *a,
			   const struct load_section *s, int line)
{
	const struct load_section *network = g_hash_table_lookup(g->networks, a->network);
	/* RFC 2812, 2.2: IRC minds no case in a room's name. */
	bool fold = network != NULL && strcmp(network->known->name, "irc") == 0;
	g_autofree char *name = fold ? g_ascii_strdown(a->name, -1) : g_strdup(a->name);
	g_autofree char *key = g_strdup_printf("%s/%s", a->network, name);
	const struct place *taken = g_hash_table_lookup(g->places, key);
	struct place *place;

	if (taken != NULL) {
		g_autofree char *shown = text_clip(a->name, 60);

		faults_add(g->faults, line, "places: '%s/%s' is already a place of %s on line %d",
			   a->network, shown, taken->title, taken->line);
		return;
	}
	place = g_new0(struct place, 1);
	place->title = section_title("group", s->name);
	place->line = line;
	g_hash_table_insert(g->places, g_steal_pointer(&key), place);
}

static GPtrArray *read_addresses(const struct load_section *s, const char *key)
{
	const char *text = section_text(s, "group", key);
	GPtrArray *list = NULL;

	if (text == NULL || value_addresses(text, &list) != 0)
		list = g_ptr_array_new();
	return list;
}

static void check_addresses(struct groups *g, const struct config_group *group,
			    const struct load_section *s)
{
	int organizers = line_of(s, "organizers"), places = line_of(s, "places");

	for (unsigned i = 0; i < group->organizers->len; i++)
		check_address(g, g_ptr_array_index(group->organizers, i), organizers, "organizers",
			      account_fault);
	for (unsigned i = 0; i < group->places->len; i++) {
		const struct config_address *a = g_ptr_array_index(group->places, i);

		check_address(g, a, places, "places", room_fault);
		check_unshared(g, a, s, places);
	}
}

/* Why the charter's text cannot be taken, or NULL; trims it. */
static char *charter_fault(char *text, size_t n)
{
	size_t most = (size_t)key_find("group", "charter")->most;

	if (!g_utf8_validate_len(text, n, NULL))
		return g_strdup("is not UTF-8 text");
	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (g_unichar_iscntrl(c) && c != '\n' && c != '\r' && c != '\t')
			return g_strdup_printf("has a control character, U+%04X", c);
	}
	g_strstrip(text);
	if (text_length(text) > most)
		return g_strdup_printf("is longer than %zu characters", most);
	return *text == '\0' ? g_strdup("is empty") : NULL;
}

static char *read_charter_file(struct groups *g, const struct load_entry *e)
{
	g_autofree char *path = config_path(g->config->file, e->value);
	g_autofree char *shown = text_clip(e->value, 60);
	g_autofree char *text = NULL;
	g_autofree char *fault = NULL;
	size_t n;
	int error = file_read(path, CHARTER_BYTES_MOST, true, &text, &n);

	if (error == -EINVAL)
		fault = g_strdup("is not an ordinary file");
	else if (error != 0)
		fault = g_strdup_printf("cannot be read: %s", g_strerror(-error));
	else
		fault = charter_fault(text, n);
	if (fault != NULL) {
		faults_add(g->faults, e->line, "charter-file: '%s' %s", shown, fault);
		return NULL;
	}
	return g_steal_pointer(&text);
}

/* A value is one line here: "\n" breaks it, and any other backslash makes the next character
 * literal, as in the catalogue of words. */
static char *charter_text(const char *value)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (const char *p = value; *p != '\0'; p++) {
		if (*p != '\\' || p[1] == '\0')
			g_string_append_c(text, *p);
		else
			g_string_append_c(text, *++p == 'n' ? '\n' : *p);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *read_charter(struct groups *g, const struct load_section *s)
{
	const struct load_entry *text = section_entry(s, "charter");
	const struct load_entry *file = section_entry(s, "charter-file");

	if (text != NULL && file != NULL) {
		faults_add(g->faults, file->line,
			   "charter-file: 'charter' is set too, on line %d; keep "
			   "one of them",
			   text->line);
		return NULL;
	}
	if (file != NULL)
		return read_charter_file(g, file);
	return text != NULL ? charter_text(text->value) : NULL;
}

/* Microseconds from `from` to the first `to` after it; a week if they are the same. */
static int64_t after_us(const struct config_wall *from, const struct config_wall *to)
{
	int64_t us = (to->weekday - from->weekday) * CLOCK_US_PER_DAY +
		     (to->hour - from->hour) * CLOCK_US_PER_HOUR +
		     (to->minute - from->minute) * CLOCK_US_PER_MINUTE +
		     (to->second - from->second) * CLOCK_US_PER_SECOND;

	return us > 0 ? us : us + CLOCK_US_PER_WEEK;
}

/* Whether the round's `key` could be read. */
static bool is_right(const struct load_section *s, const char *key)
{
	for (unsigned i = 0; i < s->entries->len; i++) {
		const struct load_entry *e = g_ptr_array_index(s->entries, i);

		if (e->meant != NULL && e->known == NULL && strcmp(e->meant->key, key) == 0)
			return false;
	}
	return true;
}

/* Longer than from one opening to the next it can never be, whenever the round closes. */
static void check_archive(struct groups *g, const struct config_round *r,
			  const struct load_section *s)
{
	int64_t period_us = r->every_weeks * CLOCK_US_PER_WEEK;

	if (r->archive_us < period_us)
		return;
	g_autofree char *archive = value_duration_text(r->archive_us);
	g_autofree char *most = value_duration_text(period_us);
	faults_add(g->faults, line_of(s, "archive"),
		   "archive: %s after the close is not before the next round opens; it takes less "
		   "than %s",
		   archive, most);
}

/* Open, last call, closed, archived, and only then the next. */
static void check_round(struct groups *g, const struct config_round *r,
			const struct load_section *s)
{
	g_autofree char *opens = value_wall_text(&r->opens);
	g_autofree char *last_call = value_wall_text(&r->last_call);
	g_autofree char *closes = value_wall_text(&r->closes);
	int64_t period_us = r->every_weeks * CLOCK_US_PER_WEEK;
	int64_t closes_us =
		after_us(&r->opens, &r->last_call) + after_us(&r->last_call, &r->closes);

	/* What could not be read is not held against the rest. */
	if (s == NULL || !is_right(s, "every") || !is_right(s, "archive"))
		return;
	if (!is_right(s, "opens") || !is_right(s, "last-call") || !is_right(s, "closes")) {
		check_archive(g, r, s);
		return;
	}
	if (after_us(&r->opens, &r->last_call) == CLOCK_US_PER_WEEK) {
		faults_add(g->faults,
			   line_of(s, section_entry(s, "last-call") ? "last-call" : "opens"),
			   "last-call: %s is when the round opens; it comes after that", last_call);
	} else if (closes_us >= period_us ||
		   after_us(&r->last_call, &r->closes) == CLOCK_US_PER_WEEK) {
		faults_add(
			g->faults, line_of(s, section_entry(s, "closes") ? "closes" : "last-call"),
			"closes: %s does not come after last-call (%s) and before the next round "
			"opens (%s)",
			closes, last_call, opens);
	} else if (closes_us + r->archive_us >= period_us) {
		g_autofree char *archive = value_duration_text(r->archive_us);
		g_autofree char *most = value_duration_text(period_us - closes_us);

		faults_add(g->faults,
			   line_of(s, section_entry(s, "archive") ? "archive" : "closes"),
			   "archive: %s after the close (%s) is not before the next round opens "
			   "(%s); it "
			   "takes less than %s",
			   archive, closes, opens, most);
	}
}

static void read_wall(const struct load_section *s, const char *key, struct config_wall *ret)
{
	int error = value_wall(section_text(s, "round", key), ret);

	assert(error == 0);
}

static long read_long(const struct load_section *s, const char *section, const char *key,
		      int (*read)(const char *text, long *ret))
{
	long n = 0;
	int error = read(section_text(s, section, key), &n);

	assert(error == 0);
	return n;
}

static int64_t read_duration(const struct load_section *s, const char *section, const char *key)
{
	int64_t us = 0;
	int error = text_duration(section_text(s, section, key), &us);

	assert(error == 0);
	return us;
}

static void read_round(struct groups *g, struct config_round *r, const struct load_section *s)
{
	int error = value_days(section_text(s, "round", "holidays"), &r->holidays);

	assert(error == 0);
	error = value_yes(section_text(s, "round", "readers"), &r->readers);
	assert(error == 0);
	r->every_weeks = (int)read_long(s, "round", "every", value_weeks);
	read_wall(s, "opens", &r->opens);
	read_wall(s, "last-call", &r->last_call);
	read_wall(s, "closes", &r->closes);
	r->archive_us = read_duration(s, "round", "archive");
	check_round(g, r, s);
}

static void read_pitch(struct config_pitch *p, const struct load_section *s)
{
	static const char *const modes[] = {
		[CONFIG_PITCH_GENTLE] = "gentle",
		[CONFIG_PITCH_OBSERVE] = "observe",
		[CONFIG_PITCH_OFF] = "off",
	};
	const char *mode = section_text(s, "pitch", "mode");

	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
		if (strcmp(modes[i], mode) == 0)
			p->mode = (enum config_pitch_mode)i;
	}
	p->mode_is_set = section_entry(s, "mode") != NULL;
	p->giving_window_us = read_duration(s, "pitch", "giving-window");
	p->budget_per_week = (int)read_long(s, "pitch", "budget", value_per_week);
}

/* The catalogue the group's own words are measured by; NULL if there is none in its language. */
static struct words *read_language(struct groups *g, const struct config_group *group,
				   const struct load_section *s)
{
	g_autofree char *fault = NULL;
	struct words *words = NULL;

	if (words_new(group->language, NULL, &words, &fault) < 0)
		faults_add(g->faults, line_of(s, "language"), "language: %s", fault);
	return words;
}

static GHashTable *read_words(struct groups *g, const struct words *catalogue,
			      const struct load_section *s)
{
	GHashTable *words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

	for (unsigned i = 0; s != NULL && i < s->entries->len; i++) {
		const struct load_entry *e = g_ptr_array_index(s->entries, i);
		g_autofree char *fault =
			catalogue != NULL ? words_fault(catalogue, e->key, e->value) : NULL;

		if (fault != NULL) {
			g_autofree char *key = text_clip(e->key, KEY_MOST);

			faults_add(g->faults, e->line, "'%s' %s", key, fault);
		}
		g_hash_table_insert(words, g_strdup(e->key), g_strdup(e->value));
	}
	return words;
}

static void read_group(struct groups *g, const struct load_section *s)
{
	struct config_group *group = g_new0(struct config_group, 1);

	group->key = g_strdup(s->name);
	group->name = g_strdup(section_text(s, "group", "name"));
	group->timezone = g_strdup(section_text(s, "group", "timezone"));
	if (group->timezone != NULL)
		group->zone = g_time_zone_new_identifier(group->timezone);
	group->language = g_strdup(section_text(s, "group", "language"));
	group->organizers = read_addresses(s, "organizers");
	group->places = read_addresses(s, "places");
	group->charter = read_charter(g, s);
	group->prefix = g_strdup(section_text(s, "group", "prefix"));
	group->soft_cap = (int)read_long(s, "group", "soft-cap", value_number);
	check_addresses(g, group, s);
	read_round(g, &group->round, find_section(g, "round", s->name));
	read_pitch(&group->pitch, find_section(g, "pitch", s->name));
	struct words *catalogue = read_language(g, group, s);
	group->words = read_words(g, catalogue, find_section(g, "words", s->name));
	words_free(catalogue);
	g_ptr_array_add(g->config->groups, group);
}

/* [round NAME] and the like need their [group NAME]. */
static void check_belongs(const struct groups *g, const struct load_section *s)
{
	g_autofree char *title = section_title(s->known->name, s->name);
	g_autofree char *group = section_title("group", s->name);
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	const char *nearest;

	if (find_section(g, "group", s->name) != NULL)
		return;
	for (unsigned i = 0; i < g->config->groups->len; i++) {
		const struct config_group *other = g_ptr_array_index(g->config->groups, i);

		g_hash_table_add(names, other->key);
	}
	nearest = nearest_name(names, s->name);
	if (nearest != NULL)
		faults_add(g->faults, s->line, "%s: there is no %s; did you mean [%s %s]?", title,
			   group, s->known->name, nearest);
	else
		faults_add(g->faults, s->line, "%s: there is no %s", title, group);
}

static void index_sections(struct groups *g, GPtrArray *sections)
{
	for (unsigned i = 0; i < sections->len; i++) {
		struct load_section *s = g_ptr_array_index(sections, i);

		if (s->known == NULL)
			continue;
		g_hash_table_insert(g->sections, g_strdup_printf("%s %s", s->known->name, s->name),
				    s);
		if (s->known->naming == CONFIG_NETWORK_NAME && *s->name != '\0')
			g_hash_table_insert(g->networks, s->name, s);
	}
}

void groups_read(struct config *c, GPtrArray *sections, struct faults *f)
{
	g_autoptr(GHashTable) by_title =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) networks = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) places =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, place_free);
	struct groups g = { c, f, by_title, networks, places };

	index_sections(&g, sections);
	for (unsigned i = 0; i < sections->len; i++) {
		const struct load_section *s = g_ptr_array_index(sections, i);

		if (s->known != NULL && strcmp(s->known->name, "group") == 0)
			read_group(&g, s);
	}
	if (c->groups->len == 0) {
		faults_add(f, 1,
			   "no section [group]; it needs one, with name, timezone, organizers and "
			   "places");
		return;
	}
	for (unsigned i = 0; i < sections->len; i++) {
		const struct load_section *s = g_ptr_array_index(sections, i);

		if (s->known != NULL && s->known->naming == CONFIG_GROUP_NAME)
			check_belongs(&g, s);
	}
}

void group_free(struct config_group *g)
{
	if (g == NULL)
		return;
	g_free(g->key);
	g_free(g->name);
	g_free(g->timezone);
	g_clear_pointer(&g->zone, g_time_zone_unref);
	g_free(g->language);
	g_ptr_array_unref(g->organizers);
	g_ptr_array_unref(g->places);
	g_free(g->charter);
	g_free(g->prefix);
	g_array_unref(g->round.holidays);
	g_hash_table_unref(g->words);
	g_free(g);
}
