/* What was uploaded: its name and type alone (CS API: Content repository, authenticated). */
#ifndef KITH_MATRIX_MEDIA_H
#define KITH_MATRIX_MEDIA_H

struct api;
struct media_call;

struct media_facts {
	char *name, *type; /* NULL: the server does not say */
};

/* Asks for `url` (mxc://server/id) and reads the headers of the answer only; NULL if that is no
 * such URL. `done` is called from the loop, once; `facts` are borrowed, NULL if there are none to
 * have. */
struct media_call *media_ask(struct api *api, const char *url,
			     void (*done)(void *data, const struct media_facts *facts), void *data);
/* `done` will not be called. Before the api goes. NULL is fine. */
void media_cancel(struct media_call *c);

#endif
