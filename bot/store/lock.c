#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* proc_locks(5): "1: FLOCK  ADVISORY  WRITE 4711 08:01:262148 0 EOF". 0 where that is not to be
 * known: the file hidden, or a file system whose devices differ (btrfs). */
static int holder(int fd)
{
	g_autofree char *locks = NULL;
	struct stat st;

	if (fstat(fd, &st) < 0 || !g_file_get_contents("/proc/locks", &locks, NULL, NULL))
		return 0;
	g_auto(GStrv) lines = g_strsplit(locks, "\n", -1);
	for (char **line = lines; *line; line++) {
		unsigned long long inode;
		unsigned major, minor;
		int pid;

		if (sscanf(*line, "%*d: FLOCK ADVISORY WRITE %d %x:%x:%llu", &pid, &major, &minor,
			   &inode) == 4 &&
		    inode == st.st_ino && makedev(major, minor) == st.st_dev && pid > 0)
			return pid;
	}
	return 0;
}

static char *busy_text(const char *path, int pid)
{
	g_autofree char *who = pid ? g_strdup_printf(" (process %d)", pid) : g_strdup("");

	return g_strdup_printf("the store %s is in use by another kith%s; stop that one first, or "
			       "give this one a store of its own",
			       path, who);
}

static char *open_text(const char *path, int error)
{
	g_autofree char *folder = g_path_get_dirname(path);

	if (error == ENOENT || error == ENOTDIR)
		return g_strdup_printf("cannot make the store %s: there is no folder %s; make it, "
				       "or set another [store] path",
				       path, folder);
	if (error == EACCES || error == EPERM || error == EROFS)
		return g_strdup_printf("cannot open the store %s: %s; the user kith runs as (%d) "
				       "must be able to write it and into %s",
				       path, g_strerror(error), (int)geteuid(), folder);
	return g_strdup_printf("cannot open the store %s: %s", path, g_strerror(error));
}

/* The store may be there and its folder still closed to what SQLite writes beside it. */
static int open_file(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0)
		return fd;
	int error = errno;
	close(fd);
	return -error;
}

/* flock(2) does not meet SQLite's own fcntl(2) locks. */
int lock_open(const char *path, int *ret_fd, char **ret_error)
{
	int fd = open_file(path);

	if (fd < 0) {
		*ret_error = open_text(path, -fd);
		return fd;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int error = errno == EWOULDBLOCK ? EBUSY : errno;
		*ret_error = error == EBUSY ? busy_text(path, holder(fd)) : open_text(path, error);
		close(fd);
		return -error;
	}
	*ret_fd = fd;
	return 0;
}
