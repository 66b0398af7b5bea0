#include "faults.h"

#include <stdarg.h>

/* A file of another kind (a database, a picture) has a fault on every line; nobody reads them all.
 */
enum { TOLD_MOST = 200 };

struct fault {
	int line;
	unsigned found; /* keeps the sort stable */
	char *text;
};

static void fault_free(void *data)
{
	struct fault *f = data;

	g_free(f->text);
	g_free(f);
}

void faults_init(struct faults *f, const char *file)
{
	f->file = file;
	f->list = g_ptr_array_new_with_free_func(fault_free);
}

void faults_done(struct faults *f)
{
	g_clear_pointer(&f->list, g_ptr_array_unref);
}

void faults_add(struct faults *f, int line, const char *format, ...)
{
	struct fault *fault = g_new0(struct fault, 1);
	va_list args;

	fault->line = line;
	fault->found = f->list->len;
	va_start(args, format);
	fault->text = g_strdup_vprintf(format, args);
	va_end(args);
	g_ptr_array_add(f->list, fault);
}

bool faults_any(const struct faults *f)
{
	return f->list->len > 0;
}

static int by_line(const void *a, const void *b)
{
	const struct fault *x = *(const struct fault *const *)a;
	const struct fault *y = *(const struct fault *const *)b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->found < y->found ? -1 : 1;
}

char *faults_text(struct faults *f)
{
	GString *text = g_string_new(NULL);

	g_ptr_array_sort(f->list, by_line);
	for (unsigned i = 0; i < f->list->len; i++) {
		const struct fault *fault = g_ptr_array_index(f->list, i);

		if (i == TOLD_MOST) {
			g_string_append_printf(text, "%s:%d: and %u more from here on\n", f->file,
					       fault->line, f->list->len - i);
			break;
		}
		g_string_append_printf(text, "%s:%d: %s\n", f->file, fault->line, fault->text);
	}
	return g_string_free(text, FALSE);
}
