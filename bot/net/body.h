/* The bytes of an answer while they come: in memory, and where they are many in a file without a
 * name, so that they cost next to no memory of our own however many they are. */
#ifndef KITH_BODY_H
#define KITH_BODY_H

#include <stdbool.h>
#include <stddef.h>

/* Nearly all answers are shorter. */
enum { BODY_FEW = 4096 };

struct body {
	const char *folder; /* for the file; borrowed */
	size_t memory_most; /* BODY_FEW at least */
	char *memory;       /* of memory_most bytes; NULL: they are in `few`, or in the file */
	size_t bytes;       /* in all */
	int fd;             /* of the file, -1: none */
	char *map;          /* the file's bytes, once they are all there */
	size_t dropped;
	char few[BODY_FEW];
};

void body_init(struct body *b, const char *folder, size_t memory_most);
void body_done(struct body *b);
/* -errno where the file cannot be made or holds no more. */
int body_add(struct body *b, const char *bytes, size_t n);
/* All of them, to be read where `b` is until body_done; "" for none. -errno as above. Nothing may
 * be added after. */
int body_read(struct body *b, const char **ret);
/* What lies before `offset` may leave memory; it comes back from the file if it is read again. */
void body_passed(struct body *b, size_t offset);

#endif
