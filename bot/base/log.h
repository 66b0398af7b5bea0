/* One line a fact, to stderr, with systemd's <N> priorities where stderr is the journal. */
#ifndef KITH_LOG_H
#define KITH_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Messages below `level` go nowhere; the level is the process's, and starts at INFO. */
void log_set_level(enum log_level level);
/* Every message, whatever its level, goes there instead of stderr; `text` is visible text in one
 * line. NULL: to stderr again. */
void log_listen(void (*listen)(void *data, enum log_level level, const char *text), void *data);
/* -EINVAL for anything but error, warning, info, debug. */
int log_level_parse(const char *name, enum log_level *ret);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The hopeless: says what happened and exits with `status` (sysexits); systemd starts us again. */
void die(int status, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

#endif
