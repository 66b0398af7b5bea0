#include "transport/irc/loss.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* In small letters, as InspIRCd, Solanum, UnrealIRCd, ircd-hybrid and ngircd put it. */
static const char *const too_fast[] = {
	"throttled",
	"connect too fast",
	"connecting too fast",
	"connected too fast",
	"too many connections",
	"too many host connections",
	"too many user connections",
	"no more connections",
	"connection limit",
	"session limit",
	"too many clones",
	NULL,
};

/* ngircd says no more than this, where others have said 464. */
static const char *const password[] = {
	"bad password",
	"bad server password",
	"invalid password",
	"incorrect password",
	"password incorrect",
	"password mismatch",
	NULL,
};

static const char *const banned[] = {
	"-lined", "k:lined",  "g:lined", "z:lined",           "d:lined",
	"klined", "glined",   "banned",  "not authorised to", "not authorized to",
	"akill",  "autokill", NULL,
};

static bool has_any(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (strstr(text, *words))
			return true;
	}
	return false;
}

enum loss loss_read(const char *text)
{
	g_autofree char *small = g_ascii_strdown(text, -1);
	/* A throttle is often a ban of minutes, and says so too. */
	if (has_any(small, too_fast))
		return LOSS_TOO_FAST;
	if (has_any(small, password))
		return LOSS_PASSWORD;
	return has_any(small, banned) ? LOSS_BANNED : LOSS_PASSING;
}
