#include "log.h"

#include <errno.h>
#include <glib.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A line is one write of at most this, which a pipe takes whole (PIPE_BUF). */
enum { LINE_BYTES = 4096 };

static enum log_level log_level = LOG_LEVEL_INFO;

static struct {
	void (*listen)(void *data, enum log_level level, const char *text);
	void *data;
} listener;

static const struct {
	const char *name;
	const char *priority; /* sd-daemon(3) */
	const char *prefix;
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", "<3>", "kith: error: " },
	[LOG_LEVEL_WARNING] = { "warning", "<4>", "kith: warning: " },
	[LOG_LEVEL_INFO] = { "info", "<6>", "kith: " },
	[LOG_LEVEL_DEBUG] = { "debug", "<7>", "kith: debug: " },
};

void log_set_level(enum log_level level)
{
	log_level = level;
}

void log_listen(void (*listen)(void *data, enum log_level level, const char *text), void *data)
{
	listener.listen = listen;
	listener.data = data;
}

int log_level_parse(const char *name, enum log_level *ret)
{
	for (size_t i = 0; i < G_N_ELEMENTS(levels); i++) {
		if (strcmp(levels[i].name, name) == 0) {
			*ret = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* systemd.exec(5), $JOURNAL_STREAM: the variable is inherited, so only the device and inode tell
 * whether *this* stderr is the journal. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;
	char rest;

	if (stream == NULL || sscanf(stream, "%llu:%llu%c", &device, &inode, &rest) != 2)
		return false;
	return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* What a terminal or a reader of lines could take for more than text. */
static bool is_visible(gunichar c)
{
	GUnicodeType type = g_unichar_type(c);

	return type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT &&
	       type != G_UNICODE_LINE_SEPARATOR && type != G_UNICODE_PARAGRAPH_SEPARATOR;
}

/* Appends `text`, each byte of what cannot be seen as \xNN, until the line is full. */
static void append_visible(GString *line, const char *text)
{
	static const char cut[] = "...";
	size_t most = LINE_BYTES - strlen(cut) - 1;

	while (*text != '\0') {
		gunichar c = g_utf8_get_char_validated(text, -1);
		size_t size = 1, before = line->len;

		if (c != (gunichar)-1 && c != (gunichar)-2)
			size = (size_t)(g_utf8_next_char(text) - text);
		if (*text == '\n')
			g_string_append(line, "\\n");
		else if (c != (gunichar)-1 && c != (gunichar)-2 && is_visible(c))
			g_string_append_len(line, text, (gssize)size);
		else
			for (size_t i = 0; i < size; i++)
				g_string_append_printf(line, "\\x%02x", (unsigned char)text[i]);
		if (line->len > most) {
			g_string_truncate(line, before);
			g_string_append(line, cut);
			return;
		}
		text += size;
	}
}

static void write_line(const GString *line)
{
	ssize_t n;

	/* Nobody is left to be told if this fails. */
	do
		n = write(STDERR_FILENO, line->str, line->len);
	while (n < 0 && errno == EINTR);
}

__attribute__((format(printf, 2, 0))) static void say(enum log_level level, const char *format,
						      va_list args)
{
	int saved = errno;

	if (listener.listen) {
		g_autofree char *text = g_strdup_vprintf(format, args);
		g_autoptr(GString) line = g_string_new(NULL);

		append_visible(line, text);
		listener.listen(listener.data, level, line->str);
	} else if (level <= log_level) {
		g_autofree char *text = g_strdup_vprintf(format, args);
		g_autoptr(GString) line = g_string_new(stderr_is_journal() ? levels[level].priority
									   : levels[level].prefix);

		append_visible(line, text);
		g_string_append_c(line, '\n');
		write_line(line);
	}
	errno = saved;
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_LEVEL_ERROR, format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_LEVEL_WARNING, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_LEVEL_INFO, format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_LEVEL_DEBUG, format, args);
	va_end(args);
}

void die(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_LEVEL_ERROR, format, args);
	va_end(args);
	exit(status);
}
