#include "keys.h"

#include "base/text/text.h"

#include <string.h>

#define DAY_S 86400L

const struct config_kind config_kinds[] = {
	{ "group", CONFIG_GROUP_NAME, NULL,
	  "A circle of people, and the rooms it meets in. A second one is [group NAME]; its "
	  "rounds, "
	  "pitches and words are [round NAME], [pitch NAME] and [words NAME]." },
	{ "irc", CONFIG_NETWORK_NAME, "libera",
	  "An IRC network, called NAME in places and organizers." },
	{ "matrix", CONFIG_NETWORK_NAME, "home",
	  "An account on a Matrix homeserver, called NAME in places and organizers." },
	{ "round", CONFIG_GROUP_NAME, NULL, "The \"show your best work\" round." },
	{ "pitch", CONFIG_GROUP_NAME, NULL, "How kith answers people who only come to sell." },
	{ "words", CONFIG_GROUP_NAME, NULL,
	  "Any sentence kith can say, in the group's own words: its key in the catalogue, and what "
	  "to "
	  "say instead." },
	{ "store", CONFIG_NAMELESS, NULL, "Where kith keeps what it remembers." },
	{ "log", CONFIG_NAMELESS, NULL, "What kith tells the journal." },
	{ "links", CONFIG_NAMELESS, NULL, "How kith looks at links." },
	{ "gallery", CONFIG_NAMELESS, NULL, "The pages made of the group's works." },
	{ NULL, CONFIG_NAMELESS, NULL, NULL },
};

const struct config_key config_keys[] = {
	{ .section = "group",
	  .key = "name",
	  .type = CONFIG_TEXT,
	  .required = true,
	  .most = 60,
	  .example = "Tuesday Makers",
	  .summary = "What people call the group." },
	{ .section = "group",
	  .key = "timezone",
	  .type = CONFIG_ZONE,
	  .required = true,
	  .example = "Europe/Berlin",
	  .summary = "The zone of every time in the group's rounds, by its IANA name." },
	{ .section = "group",
	  .key = "organizers",
	  .type = CONFIG_ADDRESSES,
	  .required = true,
	  .example = "libera/ana",
	  .summary = "Who looks after the group: NETWORK/ACCOUNT, separated by commas. On IRC the "
		     "services account, on Matrix the whole id." },
	{ .section = "group",
	  .key = "places",
	  .type = CONFIG_ADDRESSES,
	  .required = true,
	  .example = "libera/#makers",
	  .summary = "The rooms it meets in: NETWORK/ROOM, separated by commas. On Matrix a room's "
		     "id (Element shows it in the room's settings, under Advanced) or its address, "
		     "#NAME:SERVER." },
	{ .section = "group",
	  .key = "language",
	  .type = CONFIG_WORD,
	  .value = "en",
	  .most = 20,
	  .summary = "The language kith speaks in this group." },
	{ .section = "group",
	  .key = "charter",
	  .type = CONFIG_TEXT,
	  .most = 4000,
	  .example = "We show each other unfinished work and say what we see.",
	  .summary =
		  "What the group is about, as `charter` tells it. Lines that begin with a space "
		  "go on with it; `\\n` is a line break, and any other backslash makes the next "
		  "character literal." },
	{ .section = "group",
	  .key = "charter-file",
	  .type = CONFIG_FILE,
	  .example = "our-charter.txt",
	  .summary = "The same from a file, instead of charter." },
	{ .section = "group",
	  .key = "prefix",
	  .type = CONFIG_PREFIX,
	  .value = "!",
	  .summary = "What a command in a room starts with: one to three signs." },
	{ .section = "group",
	  .key = "soft-cap",
	  .type = CONFIG_NUMBER,
	  .value = "8",
	  .least = 2,
	  .most = 1000,
	  .summary = "Past this many members kith suggests a second circle; it refuses nobody." },

	{ .section = "irc",
	  .key = "server",
	  .type = CONFIG_HOST,
	  .required = true,
	  .example = "irc.libera.chat",
	  .summary = "The server's name." },
	{ .section = "irc",
	  .key = "nick",
	  .type = CONFIG_WORD,
	  .required = true,
	  .most = 50,
	  .example = "kith",
	  .summary = "The nick to take." },
	{ .section = "irc",
	  .key = "account",
	  .type = CONFIG_WORD,
	  .most = 100,
	  .example = "kith",
	  .summary = "The services account to sign in to; without it, the nick." },
	{ .section = "irc",
	  .key = "password-file",
	  .type = CONFIG_SECRET,
	  .example = "/etc/kith/libera.password",
	  .summary = "A file with the account's password in its first line, or credential:NAME for "
		     "one "
		     "that systemd hands over, or env:NAME for a variable of the environment; with "
		     "`sasl = external` or `sasl = no` it is the server's own." },
	{ .section = "irc",
	  .key = "port",
	  .type = CONFIG_NUMBER,
	  .value = "6697",
	  .least = 1,
	  .most = 65535,
	  .summary = "The server's port. Without TLS it is 6667 on most." },
	{ .section = "irc",
	  .key = "tls",
	  .type = CONFIG_YES_NO,
	  .value = "yes",
	  .summary = "Whether the connection is encrypted and the server's certificate checked." },
	{ .section = "irc",
	  .key = "username",
	  .type = CONFIG_WORD,
	  .most = 50,
	  .example = "kith",
	  .summary = "The user name before the '@'; without it, the nick." },
	{ .section = "irc",
	  .key = "realname",
	  .type = CONFIG_TEXT,
	  .value = "kith, a bot",
	  .most = 100,
	  .summary =
		  "What WHOIS tells about it. Many networks want a bot to say that it is one, and "
		  "whose." },
	{ .section = "irc",
	  .key = "sasl",
	  .type = CONFIG_CHOICE,
	  .choices = "plain|external|no",
	  .example = "plain",
	  .summary = "How it signs in to the account: plain with a password, external with a "
		     "certificate. Without it, plain where there is a password, else external "
		     "where there is a certificate. A server that does not let it sign in is not "
		     "joined; no is for one without services." },
	{ .section = "irc",
	  .key = "certificate",
	  .type = CONFIG_FILE,
	  .example = "/etc/kith/libera.pem",
	  .summary = "A PEM file with the bot's own certificate and its key." },
	{ .section = "irc",
	  .key = "ca-file",
	  .type = CONFIG_FILE,
	  .example = "/etc/ssl/certs/ca-certificates.crt",
	  .summary = "The authorities to trust for this server, instead of the system's." },
	{ .section = "irc",
	  .key = "trust-nicks",
	  .type = CONFIG_YES_NO,
	  .value = "no",
	  .summary =
		  "Take a nick for an account. Only for a closed server without services: on any "
		  "other, anybody can be anybody." },
	{ .section = "irc",
	  .key = "proxy",
	  .type = CONFIG_URL,
	  .choices = "socks5h|socks5|socks4a|socks4|http|https",
	  .example = "socks5h://127.0.0.1:9050",
	  .summary = "A proxy to go through. The environment's is never used." },
	{ .section = "irc",
	  .key = "rate",
	  .type = CONFIG_NUMBER,
	  .value = "30",
	  .least = 0,
	  .most = 600,
	  .summary = "Messages a minute, after the first four. 0 is for a server of one's own that "
		     "lets its guests talk as fast as they like." },

	{ .section = "matrix",
	  .key = "homeserver",
	  .type = CONFIG_URL,
	  .choices = "https|http",
	  .example = "https://matrix.example.org",
	  .summary = "Where the homeserver answers. Without it kith asks the domain of user for it "
		     "(.well-known/matrix/client)." },
	{ .section = "matrix",
	  .key = "user",
	  .type = CONFIG_MATRIX_ID,
	  .required = true,
	  .example = "@kith:example.org",
	  .summary = "The bot's own id." },
	{ .section = "matrix",
	  .key = "password-file",
	  .type = CONFIG_SECRET,
	  .example = "/etc/kith/home.password",
	  .summary = "A file with the account's password in its first line. Or a credential of "
		     "systemd's, credential:NAME, or a variable of the environment, env:NAME." },
	{ .section = "matrix",
	  .key = "token-file",
	  .type = CONFIG_SECRET,
	  .example = "/etc/kith/home.token",
	  .summary = "A file with an access token in its first line, instead of password-file; "
		     "likewise a credential or a variable." },
	{ .section = "matrix",
	  .key = "device-name",
	  .type = CONFIG_TEXT,
	  .value = "kith",
	  .most = 100,
	  .summary = "How its device is named in the account's list." },
	{ .section = "matrix",
	  .key = "key-file",
	  .type = CONFIG_SECRET,
	  .least = 32,
	  .example = "/etc/kith/home.key",
	  .summary = "A file with the secret that locks what the store keeps of the session: its "
		     "first line, at least 32 characters; likewise a credential or a variable. "
		     "Without it kith makes one, NAME.key beside the store. It belongs in a "
		     "safe place of its own, not into the backups of the store." },
	{ .section = "matrix",
	  .key = "trust",
	  .type = CONFIG_CHOICE,
	  .choices = "cross-signed|any",
	  .value = "cross-signed",
	  .summary = "Whose word counts in encrypted rooms, and who may read what kith says there: "
		     "devices that their owner has verified, or any device." },
	{ .section = "matrix",
	  .key = "proxy",
	  .type = CONFIG_URL,
	  .choices = "socks5h|socks5|socks4a|socks4|http|https",
	  .example = "socks5h://127.0.0.1:9050",
	  .summary = "A proxy to go through. The environment's is never used." },

	{ .section = "round",
	  .key = "every",
	  .type = CONFIG_WEEKS,
	  .value = "1 week",
	  .least = 1,
	  .most = 52,
	  .summary = "From one opening to the next." },
	{ .section = "round",
	  .key = "opens",
	  .type = CONFIG_WALL,
	  .value = "Mon 09:00",
	  .summary = "When a round opens." },
	{ .section = "round",
	  .key = "last-call",
	  .type = CONFIG_WALL,
	  .value = "Wed 18:00",
	  .summary = "When close readers are drawn." },
	{ .section = "round",
	  .key = "closes",
	  .type = CONFIG_WALL,
	  .value = "Thu 20:00",
	  .summary = "When the recap is said." },
	{ .section = "round",
	  .key = "archive",
	  .type = CONFIG_DURATION,
	  .value = "24 hours",
	  .least = 60,
	  .most = 364 * DAY_S,
	  .summary = "How long after the close late works are still taken." },
	{ .section = "round",
	  .key = "holidays",
	  .type = CONFIG_DAYS,
	  .value = "none",
	  .example = "2026-12-24..2027-01-02, 2027-05-01",
	  .summary = "Days without a round: dates or FROM..TO, separated by commas." },
	{ .section = "round",
	  .key = "readers",
	  .type = CONFIG_YES_NO,
	  .value = "yes",
	  .summary = "Whether each work is given a close reader." },

	{ .section = "pitch",
	  .key = "mode",
	  .type = CONFIG_CHOICE,
	  .choices = "gentle|observe|off",
	  .value = "gentle",
	  .summary =
		  "observe says nothing and tells the organizers weekly what it would have said. "
		  "Where the key is not set, the first seven days in a new place only observe." },
	{ .section = "pitch",
	  .key = "giving-window",
	  .type = CONFIG_DURATION,
	  .value = "28 days",
	  .least = DAY_S,
	  .most = 730 * DAY_S,
	  .summary = "For how long having given something to somebody here counts." },
	{ .section = "pitch",
	  .key = "budget",
	  .type = CONFIG_PER_WEEK,
	  .value = "3 a week",
	  .least = 0,
	  .most = 100,
	  .summary = "How many launches the group hears of; the others wait their turn." },

	{ .section = "store",
	  .key = "path",
	  .type = CONFIG_TEXT,
	  .value = "kith.db",
	  .most = 4000,
	  .summary = "The database, relative to the folder kith is started in." },
	{ .section = "store",
	  .key = "retention",
	  .type = CONFIG_DURATION,
	  .value = "18 months",
	  .least = DAY_S,
	  .most = 730 * DAY_S,
	  .summary = "How long the records of somebody who left are kept." },

	{ .section = "log",
	  .key = "level",
	  .type = CONFIG_CHOICE,
	  .choices = "error|warning|info|debug",
	  .value = "info",
	  .summary = "The least that is told." },
	{ .section = NULL },
};

const struct config_kind *kind_find(const char *name)
{
	for (const struct config_kind *k = config_kinds; k->name != NULL; k++) {
		if (g_ascii_strcasecmp(k->name, name) == 0)
			return k;
	}
	return NULL;
}

const struct config_kind *kind_nearest(const char *name)
{
	const char *names[G_N_ELEMENTS(config_kinds)];
	const char *nearest;

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		names[i] = config_kinds[i].name;
	nearest = text_nearest(name, names);
	return nearest != NULL ? kind_find(nearest) : NULL;
}

const struct config_key *key_find(const char *section, const char *key)
{
	for (const struct config_key *k = config_keys; k->section != NULL; k++) {
		if (strcmp(k->section, section) == 0 && g_ascii_strcasecmp(k->key, key) == 0)
			return k;
	}
	return NULL;
}

const struct config_key *key_nearest(const char *section, const char *key)
{
	const char *names[G_N_ELEMENTS(config_keys)];
	const char *nearest;
	size_t n = 0;

	for (const struct config_key *k = config_keys; k->section != NULL; k++) {
		if (strcmp(k->section, section) == 0)
			names[n++] = k->key;
	}
	names[n] = NULL;
	nearest = text_nearest(key, names);
	return nearest != NULL ? key_find(section, nearest) : NULL;
}

const struct config_key *key_elsewhere(const char *section, const char *key)
{
	for (const struct config_key *k = config_keys; k->section != NULL; k++) {
		if (strcmp(k->section, section) != 0 && g_ascii_strcasecmp(k->key, key) == 0)
			return k;
	}
	return NULL;
}

bool key_is_somewhere(const char *key)
{
	return key_elsewhere("", key) != NULL;
}
