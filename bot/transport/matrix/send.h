/*
 * Posts on their way out: one after the other in each room, each under its key as the transaction
 * id, so that the homeserver takes none twice (CS API: Sending events to a room, Transaction
 * identifiers). And what goes with speaking: a direct room where one is needed, typing while an
 * answer has to wait, a receipt for what was heard.
 */
#ifndef KITH_MATRIX_SEND_H
#define KITH_MATRIX_SEND_H

struct matrix;
struct matrix_room;
struct post;
struct send;

struct send *send_new(struct matrix *m);
void send_free(struct send *s);

/* transport_impl's send. -EAGAIN while an earlier one is on its way to the same room or person. */
int send_post(struct send *s, const struct post *p);
/* Our own event has come back: whatever is known of its PUT, the post is said, by `event`. */
void send_echoed(struct send *s, const char *transaction_id, const char *event);
/* A /sync answer has been handled: what was on its way in clear to a room that is encrypted now, or
 * to one in which somebody else might hear what is said to one person alone, is not said there any
 * more.
 */
void send_review(struct send *s);
/* What can be read there by those who may can be said now (e2ee_ready). */
void send_ready(struct send *s, const char *room);
/* The session has ended or changed: what was on its way is forgotten; the app offers it again. */
void send_forget(struct send *s);
/* Somebody said `event` to kith there: a receipt, after what is to be answered. */
void send_receipt(struct send *s, const struct matrix_room *room, const char *event);

#endif
