#include "net/body.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void body_init(struct body *b, const char *folder, size_t memory_most)
{
	b->folder = folder;
	b->memory_most = memory_most;
	b->memory = b->map = NULL;
	b->bytes = b->dropped = 0;
	b->fd = -1;
	b->few[0] = '\0';
}

static void forget_memory(struct body *b)
{
	if (b->memory)
		munmap(b->memory, b->memory_most);
	b->memory = NULL;
}

void body_done(struct body *b)
{
	/* It may have been a token; memory that was mapped is gone as a whole. */
	explicit_bzero(b->few, MIN(b->bytes, BODY_FEW));
	forget_memory(b);
	if (b->map)
		munmap(b->map, b->bytes);
	if (b->fd >= 0)
		close(b->fd);
	body_init(b, NULL, 0);
}

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, bytes, n);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		bytes += written;
		n -= (size_t)written;
	}
	return 0;
}

/* A file that is gone by itself when the process is. */
static int open_unlinked(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd >= 0 ? fd : -errno;
	/* Not every file system has O_TMPFILE. */
	g_autofree char *path = g_build_filename(folder, "answer-XXXXXX", NULL);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

static int go_to_file(struct body *b)
{
	int fd = open_unlinked(b->folder);
	if (fd < 0)
		return fd;
	b->fd = fd;
	int error = write_all(fd, b->memory ? b->memory : b->few, b->bytes);
	forget_memory(b);
	return error;
}

/* Mapped, not allocated: a page is there only once it is written to, nothing is copied as it grows,
 * and all of it goes back at once. */
static int map_memory(struct body *b)
{
	void *map = mmap(NULL, b->memory_most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	if (map == MAP_FAILED)
		return -errno;
	b->memory = map;
	memcpy(b->memory, b->few, b->bytes);
	return 0;
}

int body_add(struct body *b, const char *bytes, size_t n)
{
	if (b->fd < 0 && n > b->memory_most - b->bytes) {
		int error = go_to_file(b);
		if (error)
			return error;
	}
	if (b->fd >= 0) {
		int error = write_all(b->fd, bytes, n);
		if (!error)
			b->bytes += n;
		return error;
	}
	if (!b->memory && n > BODY_FEW - b->bytes) {
		int error = map_memory(b);
		if (error)
			return error;
	}
	memcpy((b->memory ? b->memory : b->few) + b->bytes, bytes, n);
	b->bytes += n;
	return 0;
}

int body_read(struct body *b, const char **ret)
{
	if (b->fd >= 0 && !b->map) {
		void *map = mmap(NULL, b->bytes, PROT_READ, MAP_SHARED, b->fd, 0);
		if (map == MAP_FAILED)
			return -errno;
		b->map = map;
	}
	if (b->map)
		*ret = b->map;
	else
		*ret = b->memory ? b->memory : b->few;
	return 0;
}

void body_passed(struct body *b, size_t offset)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t end = MIN(offset, b->bytes) / page * page;
	if (!b->map)
		return;
	/* Somebody who goes through it a second time begins anew. */
	if (end < b->dropped)
		b->dropped = 0;
	if (end > b->dropped)
		madvise(b->map + b->dropped, end - b->dropped, MADV_DONTNEED);
	b->dropped = end;
}
