/* kith pitch: how a text is read. */
#include "main.h"

#include "pitch/tsv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static int read_table(const char *path)
{
	bool piped = !strcmp(path, "-");
	FILE *in = piped ? stdin : fopen(path, "re");
	int r;

	if (!in) {
		fprintf(stderr, "kith: cannot read %s: %s\n", path, strerror(errno));
		return EX_NOINPUT;
	}
	r = pitch_table(in, piped ? "standard input" : path, stdout, stderr);
	if (!piped)
		fclose(in);
	if (r == 0 && fflush(stdout) != 0) {
		fprintf(stderr, "kith: cannot write: %s\n", strerror(errno));
		return EX_IOERR;
	}
	return r == 0 ? 0 : EX_DATAERR;
}

/* What somebody pipes in is one text, line breaks and all. */
static int read_input(void)
{
	static char text[64 * 1024];
	size_t n = fread(text, 1, sizeof(text) - 1, stdin);

	text[n] = '\0';
	pitch_text(text, stdout);
	return 0;
}

int main_pitch(const struct options *o)
{
	if (o->tsv)
		return *o->arguments ? main_wrong_usage() : read_table(o->tsv);
	if (!*o->arguments)
		return isatty(STDIN_FILENO) ? main_wrong_usage() : read_input();
	g_autofree char *text = g_strjoinv(" ", o->arguments);
	pitch_text(text, stdout);
	return 0;
}
