/* The subcommands and what they share: wiring, nothing else. */
#ifndef KITH_MAIN_H
#define KITH_MAIN_H

#include <glib.h>
#include <stdbool.h>

struct config;
struct transport_impl;

/* Every kind of network there is a door to; NULL-terminated. */
extern const struct transport_impl *const main_networks[];

/* The command line, read; everything is borrowed from it. */
struct options {
	const char *config;
	bool connect;
	const char *db;
	const char *script;
	bool json;
	const char *tsv;
	bool replace;                /* matrix login: an identity made elsewhere */
	GPtrArray *members, *giving; /* of const char *, then a NULL */
	char **arguments;            /* what is no option; NULL-terminated */
};

/* Each returns an exit status (sysexits) and has told on stderr what went wrong. */
int main_run(const struct options *o);
int main_try(const struct options *o);
int main_replay(const struct options *o);
int main_pitch(const struct options *o);
int main_matrix(const struct options *o);

/* Tries every network, tells on stdout what it finds; an exit status. */
int main_connect(const struct config *config);

/* A line from standard input; on a terminal `prompt` asks for it and nothing is echoed. NULL: there
 * is none. config_secret_free it. */
char *main_ask_secret(const char *prompt);

/* Points to the help; returns the status for that. */
int main_wrong_usage(void);
/* Tells on stderr what config_load or config_secrets found in `file`; returns the status for that.
 */
int main_faulty(const char *file, char *faults);
/* The configuration's file. */
const char *main_config(const struct options *o);
/* Exit status, 0 if it is sound; *ret is then the caller's. Faults go to stderr. */
int main_load(const char *file, struct config **ret);
/* A file's name in a new folder; NULL with errno. g_free both. */
char *main_temporary_store(char **ret_folder);
/* With whatever was written beside the store; NULL is fine. */
void main_remove_folder(const char *folder);

#endif
