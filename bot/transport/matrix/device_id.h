/*
 * Which device kith signs in on (CS API: Relationship between access tokens and devices). The same
 * one each time, so that sign-ins leave no devices behind, until it cannot be used any more: then
 * another one, which is remembered from that moment on.
 */
#ifndef KITH_MATRIX_DEVICE_ID_H
#define KITH_MATRIX_DEVICE_ID_H

struct config_section;
struct db;

/* Made from the user and the device-name of the section: the same for ever. g_free it. */
char *device_id_stable(const struct config_section *section);
/* To sign in on now: the one that the user was signed in on last, or that is to follow it; else the
 * stable one. Never one that was discarded. g_free it. */
char *device_id_next(struct db *db, const struct config_section *section);

/* The device that is signed in is never to be used again (its keys are lost, or known elsewhere):
 * its tokens go, and another one is next. In a transaction. */
void device_id_discard(struct db *db, const struct config_section *section);
/* Why kith cannot be `device` ("": none), which an access token is for, for people; NULL: it can.
 */
const char *device_id_fault(struct db *db, const struct config_section *section,
			    const char *device);

#endif
