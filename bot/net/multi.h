/*
 * The one curl multi handle, living in the loop by curl's socket interface: every transfer and
 * every connection of the process goes through it.
 */
#ifndef KITH_MULTI_H
#define KITH_MULTI_H

#include <curl/curl.h>

struct loop;
struct multi;

/* The handle of `l`, made at the first call; as many multi_put as multi_get. Ignores SIGPIPE for
 * the process, since libcurl may not under CURLOPT_NOSIGNAL. */
struct multi *multi_get(struct loop *l);
void multi_put(struct multi *m);

/* Starts `easy`. `done` is called from the loop, once, when its transfer has ended (a
 * CURLOPT_CONNECT_ONLY one: when it is connected); never from inside multi_add. */
void multi_add(struct multi *m, CURL *easy, void (*done)(void *data, CURLcode result), void *data);
/* Stops it: `done` will not be called any more. Must come before curl_easy_cleanup, and not from
 * inside a callback of curl's own. */
void multi_remove(struct multi *m, CURL *easy);

#endif
