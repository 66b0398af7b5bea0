#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_regular(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

static int read_all(int fd, size_t most, GString *text)
{
	char part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		g_string_append_len(text, part, n);
		if (text->len > most)
			return -EFBIG;
	}
	return 0;
}

int file_read(const char *path, size_t most, bool regular, char **ret, size_t *ret_n)
{
	g_autoptr(GString) text = g_string_new(NULL);
	/* Opening a pipe nobody writes to would wait for ever. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | (regular ? O_NONBLOCK : 0));
	int error;

	if (fd < 0)
		return -errno;
	error = regular ? check_regular(fd) : 0;
	if (error == 0)
		error = read_all(fd, most, text);
	close(fd);
	if (error != 0)
		return error;
	*ret_n = text->len;
	*ret = g_string_free(g_steal_pointer(&text), FALSE);
	return 0;
}
