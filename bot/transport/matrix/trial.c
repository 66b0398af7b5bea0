#include "transport/matrix/trial.h"

#include "base/log.h"
#include "config.h"
#include "transport/matrix/account.h"
#include "transport/matrix/login.h"
#include "transport/matrix/matrix.h"

#include <errno.h>
#include <glib.h>

static void tell(const struct matrix *m, const struct account *a)
{
	bool secure = g_str_has_prefix(a->homeserver, "https:");

	log_info("matrix %s: the homeserver is %s%s", m->name, a->homeserver,
		 secure ? "" : ", not encrypted");
	if (a->token)
		log_info("matrix %s: the token is one of %s", m->name, a->user);
	else
		log_info("matrix %s: it takes passwords; kith's was not tried, since that would "
			 "end the session of a kith that runs ('kith matrix status %s' tells "
			 "whether it is signed in)",
			 m->name, m->name);
}

static void asked(void *data, int error, struct account *a, const char *why, int64_t again_us)
{
	struct matrix *m = data;

	m->login = NULL;
	if (error == 0) {
		tell(m, a);
		matrix_report(m, TRANSPORT_ONLINE);
	} else if (error == -EACCES) {
		log_error("matrix %s: %s", m->name, why);
		matrix_report(m, TRANSPORT_FAILED);
	} else {
		log_warning("matrix %s: %s", m->name, why);
		matrix_report(m, TRANSPORT_OFFLINE);
	}
	account_free(a);
}

int trial_begin(struct matrix *m)
{
	g_autofree char *fault = NULL;
	char *token = NULL;
	int error = config_secret(m->section, "token-file", &token, &fault);

	if (error < 0) {
		log_error("matrix %s: token-file: %s", m->name, fault);
		return error;
	}
	const struct login_wish wish = { .section = m->section, .token = token };
	m->login = login_start(m->http, &wish, asked, m);
	config_secret_free(token);
	return 0;
}
