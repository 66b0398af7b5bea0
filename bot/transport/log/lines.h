/* One file, line by line, whatever its format. */
#ifndef KITH_LOG_LINES_OF_FILE_H
#define KITH_LOG_LINES_OF_FILE_H

#include "transport/log/files.h"

struct lines;

/* 0, or an exit status with what is wrong in *ret_error ("cannot be read: ..."). */
int lines_open(const struct log_file *file, GTimeZone *zone, struct lines **ret, char **ret_error);
void lines_close(struct lines *l);

/* The next thing somebody said or did. False at the end. *ret is valid until the next call. */
bool lines_next(struct lines *l, struct log_line *ret);

/* What has been met so far. */
uint64_t lines_understood(const struct lines *l);
bool lines_lack_day(const struct lines *l);
/* Called for each line that is not understood, from lines_next and, for an export, at once. */
void lines_on_odd(struct lines *l, void (*odd)(void *data, const char *where, const char *wrong),
		  void *data);
/* errno of what kept it from being read to its end; 0: nothing. */
int lines_error(const struct lines *l);

#endif
