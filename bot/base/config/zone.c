#include "zone.h"

#include "base/text/text.h"

#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

/* Where GTimeZone looks too. */
static char *zone_path(const char *name)
{
	const char *folder = g_getenv("TZDIR");

	return g_build_filename(folder != NULL ? folder : "/usr/share/zoneinfo", name, NULL);
}

/* RFC 8536, 3.1: what every file of a zone begins with; among them lie others. */
static bool is_zone_file(const char *path)
{
	char magic[4] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is_zone;

	if (fd < 0)
		return false;
	is_zone = read(fd, magic, sizeof(magic)) == sizeof(magic) && memcmp(magic, "TZif", 4) == 0;
	close(fd);
	return is_zone;
}

bool zone_is_known(const char *name)
{
	/* Files beside the zones that are none of the IANA's names: this machine's own zone, and
	 * the same zones again, counted with leap seconds and without. */
	static const char *const others[] = { "localtime", "posixrules", "Factory", "posix/",
					      "right/" };
	g_autofree char *path = NULL;
	g_autoptr(GTimeZone) zone = NULL;

	if (!g_ascii_isalpha(*name) || strlen(name) > 64)
		return false;
	for (const char *p = name; *p != '\0'; p++) {
		if (!g_ascii_isalnum(*p) && strchr("/_+-", *p) == NULL)
			return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		if (g_str_has_prefix(name, others[i]))
			return false;
	}
	path = zone_path(name);
	if (!is_zone_file(path))
		return false;
	zone = g_time_zone_new_identifier(name);
	return zone != NULL;
}

/* Whether `name` is `zone`, or its last part, but for case and spaces. */
static bool is_same_place(const char *name, const char *zone)
{
	g_autofree char *joined = g_strdelimit(g_strdup(name), " ", '_');
	const char *city = strrchr(zone, '/');

	return g_ascii_strcasecmp(joined, zone) == 0 ||
	       (city != NULL && g_ascii_strcasecmp(joined, city + 1) == 0);
}

char *zone_nearest(const char *name)
{
	g_autofree char *path = zone_path("zone.tab");
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GPtrArray) zones = g_ptr_array_new_with_free_func(g_free);

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return NULL;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line != NULL; line++) {
		/* zone.tab: country, coordinates, zone, remarks, with tabs between. */
		g_auto(GStrv) columns = g_strsplit(*line, "\t", 4);

		if (**line == '#' || g_strv_length(columns) < 3)
			continue;
		if (is_same_place(name, columns[2]))
			return g_strdup(columns[2]);
		g_ptr_array_add(zones, g_strdup(columns[2]));
	}
	g_ptr_array_add(zones, NULL);
	return g_strdup(text_nearest(name, (const char *const *)zones->pdata));
}
