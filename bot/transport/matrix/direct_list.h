/* The account's list of its direct rooms, for other clients of it and for a kith that has lost its
 * store (CS API: m.direct in the account data). */
#ifndef KITH_MATRIX_DIRECT_LIST_H
#define KITH_MATRIX_DIRECT_LIST_H

struct direct_list;
struct matrix;

struct direct_list *direct_list_new(struct matrix *m);
/* What is under way is not waited for. NULL is fine. */
void direct_list_free(struct direct_list *l);
void direct_list_forget(struct direct_list *l);
/* Adds it to what is there, in its own time; one at a time, so that none undoes another. */
void direct_list_add(struct direct_list *l, const char *user, const char *room);

#endif
