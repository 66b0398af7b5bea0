#include "transport/console/script.h"

#include <glib.h>

static void append_text(GString *s, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			g_string_append(s, "\\n");
		else if (*text == '\\')
			g_string_append(s, "\\\\");
		else if (g_ascii_iscntrl(*text))
			g_string_append_printf(s, "\\x%02x", (unsigned)*text);
		else
			g_string_append_c(s, *text);
	}
}

static void append_after(GString *s, int64_t us)
{
	g_string_append(s, "@ +");
	if (us == 0)
		g_string_append(s, "0s");
	for (const struct script_unit *u = script_units; u->letter != '\0'; u++) {
		if (us >= u->us)
			g_string_append_printf(s, "%" G_GINT64_FORMAT "%c", us / u->us, u->letter);
		us %= u->us;
	}
}

static void append_wall(GString *s, const struct script_wall *wall)
{
	g_string_append(s, "@ ");
	if (wall->year != 0)
		g_string_append_printf(s, "%04d-%02d-%02d ", wall->year, wall->month, wall->day);
	if (wall->weekday != 0)
		g_string_append_printf(s, "%.3s ", script_weekdays[wall->weekday - 1]);
	g_string_append_printf(s, "%02d:%02d", wall->hour, wall->minute);
	if (wall->second != 0)
		g_string_append_printf(s, ":%02d", wall->second);
}

char *script_format(const struct script_line *line)
{
	GString *s = g_string_new(NULL);
	switch (line->verb) {
	case SCRIPT_NOTHING:
		break;
	case SCRIPT_REMARK:
		g_string_append_printf(s, "## %s", line->text);
		break;
	case SCRIPT_MEMBERS:
		g_string_append(s, "members");
		for (char **name = line->members; *name != NULL; name++)
			g_string_append_printf(s, " %s", *name);
		break;
	case SCRIPT_AT:
		append_wall(s, &line->wall);
		break;
	case SCRIPT_AFTER:
		append_after(s, line->after_us);
		break;
	case SCRIPT_SAYS:
		g_string_append_printf(s, "%s: ", line->who);
		append_text(s, line->text);
		break;
	case SCRIPT_WHISPERS:
		g_string_append_printf(s, "%s>> ", line->who);
		append_text(s, line->text);
		break;
	case SCRIPT_EDITS:
		g_string_append_printf(s, "%s edits: ", line->who);
		append_text(s, line->text);
		break;
	case SCRIPT_REPLIES:
		g_string_append_printf(s, "%s replies %s: ", line->who, line->whom);
		append_text(s, line->text);
		break;
	case SCRIPT_REACTS:
		g_string_append_printf(s, "%s reacts %s: ", line->who, line->whom);
		append_text(s, line->text);
		break;
	case SCRIPT_DELETES:
		g_string_append_printf(s, "%s deletes", line->who);
		break;
	case SCRIPT_JOINS:
		g_string_append_printf(s, "%s joins", line->who);
		break;
	case SCRIPT_LEAVES:
		g_string_append_printf(s, "%s leaves", line->who);
		break;
	case SCRIPT_DOWN:
		g_string_append(s, "!down");
		break;
	case SCRIPT_UP:
		g_string_append(s, "!up");
		break;
	case SCRIPT_CRASH:
		g_string_append(s, "!crash");
		if (line->point != CONSOLE_NOW)
			g_string_append_printf(s, " %s", script_points[line->point]);
		break;
	}
	return g_string_free(s, FALSE);
}
