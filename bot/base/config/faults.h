/* The faults of one file, told all at once. */
#ifndef KITH_CONFIG_FAULTS_H
#define KITH_CONFIG_FAULTS_H

#include <glib.h>
#include <stdbool.h>

struct faults {
	const char *file; /* how the lines start; borrowed */
	GPtrArray *list;
};

void faults_init(struct faults *f, const char *file);
void faults_done(struct faults *f);
/* `line` counts from 1. The text is one clause, or two with a ';' between. */
void faults_add(struct faults *f, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool faults_any(const struct faults *f);
/* "FILE:LINE: text\n" each, by line and then as they were found. g_free it. */
char *faults_text(struct faults *f);

#endif
