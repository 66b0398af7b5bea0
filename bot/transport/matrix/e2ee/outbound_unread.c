#include "transport/matrix/e2ee/outbound_private.h"

#include "base/text/text.h"
#include "store/db.h"
#include "transport/matrix/e2ee/devices.h"
#include "transport/matrix/e2ee/sessions.h"

#include <string.h>

/* Nobody reads more. */
enum { TOLD_MOST = 200, SHOWN_MOST = 64 };

/* Ids are whatever their owners made them. */
static void add(GPtrArray *lines, const char *user, const char *device, const char *why)
{
	g_autofree char *name = g_strdup_printf("%s %s", user, device);
	g_autofree char *line = text_line(name);
	g_autofree char *clipped = text_clip(line, SHOWN_MOST);

	if (lines->len < TOLD_MOST)
		g_ptr_array_add(lines, g_strdup_printf("%s: %s", clipped, why));
}

/* NULL: it can. */
static const char *why_not(const struct outbound *o, const char *room, const struct device *d)
{
	if (!d->megolm)
		return "its client does not know this encryption";
	if (!d->signed_ && !o->env.any_device)
		return "its owner has not signed it";
	bool told = db_int(o->env.db, 0,
			   "SELECT 1 FROM e2ee_shared WHERE network = ? AND room = ? AND user = ?"
			   " AND device = ? AND code = 'm.no_olm'",
			   "tttt", o->env.network, room, d->user, d->id);
	return told && !sessions_has(o->sessions, d)
		       ? "it has given no key that a message to it could be begun with"
		       : NULL;
}

static void add_user(struct outbound *o, const char *room, const char *user, GPtrArray *lines)
{
	g_autoptr(GPtrArray) devices = devices_of(o->devices, user);

	if (devices->len == 0 && strcmp(user, o->env.user) != 0)
		add(lines, user, "",
		    outbound_knows(o, user) ? "they have no device that reads what is encrypted"
					    : "their devices are not known yet");
	for (unsigned i = 0; i < devices->len; i++) {
		const struct device *d = g_ptr_array_index(devices, i);
		bool ours = !strcmp(user, o->env.user) && !strcmp(d->id, o->env.device);
		const char *why = ours ? NULL : why_not(o, room, d);

		if (why)
			add(lines, user, d->id, why);
	}
}

char **outbound_unread(struct outbound *o, const struct matrix_room *room)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new();
	g_autoptr(GList) users = g_hash_table_get_keys(room->members);

	users = g_list_sort(users, (GCompareFunc)strcmp);
	for (const GList *i = users; i; i = i->next)
		if (rotation_may_read(room, g_hash_table_lookup(room->members, i->data)))
			add_user(o, room->id, i->data, lines);
	g_ptr_array_add(lines, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&lines), FALSE);
}
