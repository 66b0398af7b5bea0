#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <unistd.h>

/* Read through a connection of its own: ours may be in the middle of a transaction, which SQLite
 * does not copy from. What is copied is what was committed last. */
static int copy(const char *from_path, const char *path, char **ret_error)
{
	sqlite3 *from = NULL, *to = NULL;
	int r = sqlite3_open_v2(from_path, &from, SQLITE_OPEN_READONLY, NULL);

	if (r == SQLITE_OK)
		r = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL);
	if (r == SQLITE_OK) {
		sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");

		/* A lock in the way is no error of `to`, and leaves it half-filled. */
		int step = backup ? sqlite3_backup_step(backup, -1) : SQLITE_ERROR;
		int finish = sqlite3_backup_finish(backup);
		r = finish != SQLITE_OK ? finish : step == SQLITE_DONE ? SQLITE_OK : step;
	}
	if (r != SQLITE_OK)
		*ret_error = g_strdup_printf("cannot write the backup %s: %s", path,
					     sqlite3_errmsg(to ? to : from));
	sqlite3_close(to);
	sqlite3_close(from);
	return r == SQLITE_OK ? 0 : -EIO;
}

/* Written beside its final name and moved there whole, so a full disk leaves the last good one. */
int db_backup(struct db *db, const char *path, char **ret_error)
{
	g_autofree char *part = g_strconcat(path, ".part", NULL);
	int fd = open(part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0) {
		int error = errno;
		*ret_error =
			g_strdup_printf("cannot write the backup %s: %s", part, g_strerror(error));
		return -error;
	}
	int r = copy(db_path(db), part, ret_error);
	if (r == 0 && (fsync(fd) < 0 || g_rename(part, path) < 0)) {
		r = -errno;
		*ret_error =
			g_strdup_printf("cannot write the backup %s: %s", path, g_strerror(errno));
	}
	close(fd);
	if (r < 0)
		g_unlink(part);
	return r;
}
