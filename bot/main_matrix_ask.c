/* A password from whoever sits at the terminal, or from standard input. */
#include "main.h"

#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { SECRET_BYTES_MOST = 4096 };

static struct termios as_it_was;

/* Ctrl-C while nothing is echoed: the terminal is not left so. */
static void put_back(int signal)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &as_it_was);
	raise(signal); /* once this returns, as if nobody had caught it */
}

static void catch (bool catching)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = catching ? put_back : SIG_DFL,
				    .sa_flags = (int)SA_RESETHAND };

	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
		sigaction(signals[i], &action, NULL);
	/* Stopped here, the shell would get the terminal as it is now. */
	signal(SIGTSTP, catching ? SIG_IGN : SIG_DFL);
}

/* Not by way of stdio, which would keep a copy. */
static char *read_line(void)
{
	char line[SECRET_BYTES_MOST];
	size_t n = 0;

	while (n < sizeof(line) - 1) {
		ssize_t got = read(STDIN_FILENO, line + n, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || line[n] == '\n')
			break;
		n++;
	}
	line[n] = '\0';
	line[strcspn(line, "\r")] = '\0';
	char *secret = *line ? g_strdup(line) : NULL;
	explicit_bzero(line, sizeof(line));
	return secret;
}

char *main_ask_secret(const char *prompt)
{
	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &as_it_was) < 0)
		return read_line();
	struct termios quiet = as_it_was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	catch (true);
	fputs(prompt, stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	char *secret = read_line();
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &as_it_was);
	fputc('\n', stderr);
	catch (false);
	return secret;
}
