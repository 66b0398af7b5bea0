/*
 * A stream of bytes to a server, over TLS or not: libcurl resolves, connects, goes through a proxy,
 * and verifies (CURLOPT_CONNECT_ONLY); then the bytes are ours.
 */
#ifndef KITH_STREAM_H
#define KITH_STREAM_H

#include <stdbool.h>
#include <stddef.h>

struct loop;
struct stream;

struct stream_options {
	const char *host; /* a name or an address */
	int port;
	bool tls;                /* the certificate must be valid, and be the host's */
	const char *ca_file;     /* PEM; NULL: what the system trusts */
	const char *certificate; /* our own, PEM with its key; NULL: none */
	const char
		*proxy; /* socks5h://..., http://...; NULL: none, whatever the environment says */
};

/* All called from the loop, never from inside the functions below. stream_free is fine in each. */
struct stream_callbacks {
	void (*connected)(void *data);
	void (*received)(void *data, const char *bytes, size_t n);
	/* It never came about or is over, and why, for people. Nothing follows; free it. */
	void (*closed)(void *data, const char *reason);
};

/* What stream_write holds back at most while the peer does not read. */
enum { STREAM_BUFFER_BYTES = 64 * 1024 };

/* Begins to connect; it may take 30 seconds. -EINVAL: this is no host, port or proxy to connect to.
 * `options` is only read now. */
int stream_open(struct loop *l, const struct stream_options *options,
		const struct stream_callbacks *callbacks, void *data, struct stream **ret);
/* Writes what can be written at once and keeps the rest. -ENOTCONN before `connected` and after
 * the end, -ENOBUFS if it does not fit: then nothing of it was taken. */
int stream_write(struct stream *s, const char *bytes, size_t n);
/* Tells the peer at once what has arrived, for when nothing will be written that could carry it. */
void stream_acknowledge(struct stream *s);
/* Closes it at once, without another callback. NULL is fine. */
void stream_free(struct stream *s);

#endif
