#include "transport/irc/loss.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void irc_loss__last_words__tell_when_to_come_back(void **state)
{
	static const struct {
		const char *text;
		enum loss loss;
	} cases[] = {
		{ "", LOSS_PASSING },
		{ "Closing link: (kith@127.0.0.1) [Server shutting down]", LOSS_PASSING },
		{ "Closing link: (kith@127.0.0.1) [RecvQ exceeded]", LOSS_PASSING },
		{ "Closing Link: host (Ping timeout: 240 seconds)", LOSS_PASSING },
		{ "Closing link: (kith@h) [K-lined: spam]", LOSS_BANNED },
		{ "Closing Link: h (G-Lined)", LOSS_BANNED },
		{ "Closing Link: h (Z:Lined (x))", LOSS_BANNED },
		{ "You are banned from this server", LOSS_BANNED },
		{ "Closing Link: h (AKILL: abuse)", LOSS_BANNED },
		{ "Access denied: Bad password?", LOSS_PASSWORD },
		{ "Closing Link: h (Invalid password)", LOSS_PASSWORD },
		{ "Closing link: (kith@h) [Throttled]", LOSS_TOO_FAST },
		{ "Closing Link: h (Trying to reconnect too fast.)", LOSS_TOO_FAST },
		{ "Closing Link: h (Too many connections from your host)", LOSS_TOO_FAST },
		{ "Closing link: (h) [No more connections allowed from your host via this "
		  "connect class (local)]",
		  LOSS_TOO_FAST },
		{ "Your host is trying to (re)connect too fast -- throttled", LOSS_TOO_FAST },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		if (loss_read(cases[i].text) != cases[i].loss)
			fail_msg("%s: %d", cases[i].text, loss_read(cases[i].text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(irc_loss__last_words__tell_when_to_come_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
