/*
 * The token of an account, and how it is replaced (CS API: Refreshing access tokens, Soft logout):
 * a bit before it ends by a refresh token; when the server says that it has ended by that too, or
 * by signing in again on the same device with the password of the configuration. Tries until it has
 * one or is refused.
 */
#ifndef KITH_MATRIX_TOKEN_H
#define KITH_MATRIX_TOKEN_H

#include <stdbool.h>

struct account;
struct api_options;
struct token;

/* All called from the loop, never from inside the functions below. */
struct token_callbacks {
	/* There is another one, in use from now on. */
	void (*renewed)(void *data, const struct account *a);
	/* It has ended, and a try to replace it failed: the next one follows. */
	void (*failed)(void *data, int error, const char *why);
	/* There will be none. */
	void (*dead)(void *data, const char *why);
};

/* `o`: loop, clock, http, name and section of it; what it points to outlives the token. */
struct token *token_new(const struct api_options *o, const struct account *a,
			const struct token_callbacks *callbacks, void *data);
/* NULL is fine. */
void token_free(struct token *t);

const struct account *token_account(const struct token *t);
/* The how manieth it is. */
unsigned token_turn(const struct token *t);
/* It has ended and the next one is not there yet. */
bool token_awaited(const struct token *t);
/* The server does not take that one any more; not `soft`: nor will it take another of its session,
 * which is over then. */
void token_refused(struct token *t, unsigned turn, bool soft, const char *why);

#endif
