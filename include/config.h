/* The organizer's file, read and checked: kith.conf(5). Values only; all borrowed from struct
 * config. */
#ifndef KITH_CONFIG_H
#define KITH_CONFIG_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* "network/room" or "network/account". */
struct config_address {
	char *network;
	char *name;
};

void config_address_free(void *address);

/* A weekday and a wall time in the group's zone. */
struct config_wall {
	int weekday; /* 1 Monday .. 7 Sunday */
	int hour, minute;
	int second; /* 0 unless written: for trying a round out in a minute */
};

/* Days, both included, as Julian day numbers of the proleptic Gregorian calendar
 * (g_date_get_julian). */
struct config_days {
	uint32_t first, last;
};

struct config_round {
	int every_weeks;
	struct config_wall opens, last_call, closes;
	int64_t archive_us; /* after the close */
	GArray *holidays;   /* of struct config_days */
	bool readers;
};

enum config_pitch_mode {
	CONFIG_PITCH_GENTLE,
	CONFIG_PITCH_OBSERVE,
	CONFIG_PITCH_OFF,
};

struct config_pitch {
	enum config_pitch_mode mode;
	bool mode_is_set; /* else the first seven days in a new place only observe */
	int64_t giving_window_us;
	int budget_per_week;
};

struct config_group {
	char *key;      /* "" for [group], NAME for [group NAME]: its identity in the store */
	char *name;     /* what people call it */
	char *timezone; /* IANA name */
	GTimeZone *zone;
	char *language;
	GPtrArray *organizers; /* of struct config_address */
	GPtrArray *places;     /* of struct config_address */
	char *charter;         /* text, or NULL: the catalogue's */
	char *prefix;
	int soft_cap;
	struct config_round round;
	struct config_pitch pitch;
	GHashTable *words; /* key -> text; may be empty */
};

/* One transport's section, its keys checked against the table: unset keys hold their default. */
struct config_section {
	char *kind; /* "irc", "matrix", "console" */
	char *name;
	int line;
	GHashTable *values; /* key -> text */
	GHashTable *lines;  /* key -> its line, as a pointer; NULL where it comes from no file */
};

struct config {
	char *file;
	GPtrArray *groups;   /* of struct config_group, in the file's order, at least one */
	GPtrArray *networks; /* of struct config_section, likewise */
	char *store_path;
	int64_t retention_us; /* how long a former member's records stay */
	char *log_level;
};

/* Reads and checks `file`. 0; -EINVAL with every fault in *ret_faults, in order of line,
 * "FILE:LINE: what is wrong; the nearest right name"; another -errno if the file cannot be read,
 * with "FILE: why" as the one fault. Every fault is a line and ends with '\n'. Of the outputs the
 * other one is untouched. config_free and g_free what you get. */
int config_load(const char *file, struct config **ret, char **ret_faults);
/* The same from a text; `name` stands in for the file's name. Relative names of files in it are
 * taken from the folder of that name. */
int config_parse(const char *text, const char *name, struct config **ret, char **ret_faults);
void config_free(struct config *c);

/* For whoever needs it longer than its struct config lives: another may come into force. NULL is
 * fine to free. */
struct config_section *config_section_copy(const struct config_section *s);
void config_section_free(struct config_section *s);

/* Of a key of the table; a relative file already starts at the configuration file's folder. */
const char *config_text(const struct config_section *s, const char *key); /* NULL if unset */
/* CONFIG_NUMBER: as it is; CONFIG_DURATION: microseconds; 0 if unset. */
int64_t config_number(const struct config_section *s, const char *key);
bool config_yes(const struct config_section *s, const char *key);

/* A CONFIG_SECRET: the first line of the file, of the credential systemd has handed over
 * ("credential:NAME"), or the variable of the environment ("env:NAME"), read now. NULL in *ret
 * where the key is unset. Else -errno with what is wrong, a clause or two, in *ret_fault: -ENOKEY
 * where this process was given no such credential or variable. */
int config_secret(const struct config_section *s, const char *key, char **ret, char **ret_fault);
/* Overwrites it first; NULL is fine. */
void config_secret_free(char *secret);
/* Whether every secret of every network can be read: 0, or -ENOENT with the faults as config_load
 * tells them, of those that are nowhere in *ret_faults, of those that this process was not given in
 * *ret_not_given; NULL where there are none. g_free both. */
int config_secrets(const struct config *c, char **ret_faults, char **ret_not_given);
/* Another text when any value of the section is another, or anything in a file that it names.
 * g_free it. */
char *config_fingerprint(const struct config_section *s);

/* The table behind all this: validation, kith.conf(5) and the example file are made from it. */
enum config_type {
	CONFIG_TEXT,   /* one line */
	CONFIG_WORD,   /* without a space */
	CONFIG_YES_NO, /* yes, no */
	CONFIG_NUMBER,
	CONFIG_PER_WEEK,  /* "3 a week" */
	CONFIG_WEEKS,     /* "2 weeks" */
	CONFIG_DURATION,  /* text_duration */
	CONFIG_WALL,      /* "Mon 09:00" */
	CONFIG_ZONE,      /* "Europe/Berlin" */
	CONFIG_DAYS,      /* "2026-12-24..2027-01-02, 2027-05-01", "none" */
	CONFIG_ADDRESSES, /* "libera/#makers, home/!id:example.org" */
	CONFIG_CHOICE,
	CONFIG_PREFIX,
	CONFIG_HOST, /* a server's name or address, without a port */
	CONFIG_URL,
	CONFIG_MATRIX_ID, /* "@kith:example.org" */
	CONFIG_FILE,      /* relative to the configuration file's folder */
	CONFIG_SECRET,    /* likewise, or "credential:NAME", "env:NAME" */
};
struct config_key {
	const char *section; /* "group", "round", "irc", ...: without its NAME */
	const char *key;
	enum config_type type;
	const char *value; /* the default as one would write it; NULL: none */
	bool required;
	const char *choices; /* CONFIG_CHOICE: "gentle|observe|off"; CONFIG_URL: its schemes */
	/* Both included. NUMBER, PER_WEEK, WEEKS: itself; DURATION: seconds; TEXT, WORD:
	 * characters; SECRET: bytes, at least. */
	long least, most;
	const char *example; /* a value for the example file; NULL: the default */
	const char *summary; /* one or two sentences for kith.conf(5) */
};
/* By section, in the order a person reads them; ends with an entry whose section is NULL. */
extern const struct config_key config_keys[];

#endif
