#include "transport/matrix/e2ee/blind.h"

#include "base/text/text.h"
#include "store/db.h"

#include <glib.h>
#include <string.h>

/* Nobody reads more; and how long each of it may be. */
enum { TOLD_MOST = 100, PART_MOST = 64 };

/* Ids and names are whatever their owners made them. */
static char *clean(const char *text)
{
	g_autofree char *line = text_line(text ? text : "");

	return text_clip(line, PART_MOST);
}

/* NULL: it can. */
static const char *why_not(struct query *q, bool any)
{
	if (query_null(q, 1))
		return query_int(q, 6) ? "they have no device that reads what is encrypted"
				       : "their devices are not known yet";
	if (!query_int(q, 3))
		return "its app does not know this encryption";
	if (!query_int(q, 4) && !any)
		return "its owner has not verified it";
	return !g_strcmp0(query_text(q, 5), "m.no_olm")
		       ? "it has given no key that a message to it could begin with"
		       : NULL;
}

static char *describe(struct query *q, const char *why)
{
	g_autofree char *user = clean(query_text(q, 0));
	g_autofree char *device = clean(query_text(q, 1)), *shown = clean(query_text(q, 2));

	if (query_null(q, 1))
		return g_strdup_printf("%s: %s", user, why);
	return *shown ? g_strdup_printf("%s, device %s (%s): %s", user, device, shown, why)
		      : g_strdup_printf("%s, device %s: %s", user, device, why);
}

char **blind_list(struct db *db, const char *network, const char *room, const char *user,
		  const char *device, bool any)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new();

	for (struct query q = db_query(
		     db,
		     "SELECT m.user, d.device, d.shown, d.megolm, d.signed, s.code,"
		     " u.followed AND NOT u.outdated FROM matrix_member AS m"
		     " LEFT JOIN e2ee_user AS u ON u.network = m.network AND u.user = m.user"
		     " LEFT JOIN e2ee_device AS d ON d.network = m.network AND d.user = m.user"
		     " AND d.gone = 0 AND d.device <> ?3"
		     " LEFT JOIN e2ee_shared AS s ON s.network = m.network AND s.room = m.room"
		     " AND s.user = m.user AND s.device = d.device"
		     " WHERE m.network = ?1 AND m.room = ?2 AND m.membership = 'join'"
		     " AND (d.device IS NOT NULL OR m.user <> ?4) ORDER BY m.user, d.device",
		     "tttt", network, room, device, user);
	     query_next(&q);) {
		const char *why = why_not(&q, any);

		if (why && lines->len < TOLD_MOST)
			g_ptr_array_add(lines, describe(&q, why));
	}
	g_ptr_array_add(lines, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&lines), FALSE);
}
