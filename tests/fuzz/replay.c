/* Runs a fuzz target over files and folders of inputs, once each, without libFuzzer: what was found
 * once stays found in every build. */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool replay_file(const char *path)
{
	g_autofree char *text = NULL;
	g_autofree uint8_t *input = NULL;
	g_autoptr(GError) error = NULL;
	size_t size;

	if (!g_file_get_contents(path, &text, &size, &error)) {
		fprintf(stderr, "%s\n", error->message);
		return false;
	}
	/* Said first: a crash is then known by the last line. */
	printf("%s\n", path);
	fflush(stdout);
	/* The input ends where its memory ends, so that reading past it is seen. */
	input = g_malloc(size + 1);
	memcpy(input + 1, text, size);
	LLVMFuzzerTestOneInput(input + 1, size);
	return true;
}

/* The number of inputs, or -1 if one could not be read. */
static int replay(const char *path)
{
	g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
	const char *name;
	int inputs = 0;

	if (!folder)
		return replay_file(path) ? 1 : -1;
	while ((name = g_dir_read_name(folder))) {
		g_autofree char *input = g_build_filename(path, name, NULL);

		if (!replay_file(input))
			return -1;
		inputs++;
	}
	return inputs;
}

int main(int argc, char **argv)
{
	int inputs = 0;

	for (int i = 1; i < argc; i++) {
		int more = replay(argv[i]);

		if (more < 0)
			return EXIT_FAILURE;
		inputs += more;
	}
	if (inputs == 0) {
		fprintf(stderr, "usage: %s FILE|FOLDER...: there was no input\n", argv[0]);
		return EXIT_FAILURE;
	}
	printf("%d inputs\n", inputs);
	return EXIT_SUCCESS;
}
