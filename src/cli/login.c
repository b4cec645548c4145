/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moat login and logout.  The password goes from the terminal or a pipe to moatd, which asks the
 * registry whether it is right, and then to the store; it is never an argument, which every user of
 * the host could read.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "secret/registries.h"

#define HUB "docker.io"

/* Return: owned; NULL with a message. */
static char *registry_argument(const struct cli *c, struct err *err)
{
	char *registry = registry_of_address(c->opt.n_args > 0 ? c->opt.args[0] : HUB);

	if (!registry)
		err_nomem(err);
	return registry;
}

/* Reads a line, or the rest of the input, without the line's end.  @ret: owned, text_wipe(). */
static int read_line(char **ret, struct err *err)
{
	char *line = calloc(1, CREDENTIALS_TEXT_MAX + 2);
	size_t len = 0;
	ssize_t n = 1;

	if (!line)
		return err_nomem(err);
	/* Byte by byte: what follows the line is not for moat. */
	while (len <= CREDENTIALS_TEXT_MAX && (n = read(STDIN_FILENO, line + len, 1)) == 1 &&
	       line[len] != '\n')
		len++;
	if (n < 0 || len > CREDENTIALS_TEXT_MAX) {
		text_wipe(line);
		return n < 0 ? err_errno(err, -errno, "standard input")
			     : err_set(err, -EINVAL, "a line of more than %d bytes",
				       CREDENTIALS_TEXT_MAX);
	}
	line[len] = '\0';
	if (len > 0 && line[len - 1] == '\r')
		line[len - 1] = '\0';
	*ret = line;
	return 0;
}

static struct termios shown;

static void show_again(void)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
}

/* Ctrl-C at the password: restores the terminal before the program ends. */
static void end_by_signal(int signal_number)
{
	show_again();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void hide_input(void)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct termios hidden = shown;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		signal(ends[i], end_by_signal);
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
}

static int ask_user(const char *question, bool hidden, char **ret, struct err *err)
{
	int r;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &shown) < 0)
		return err_set(err, -ENOTTY,
			       "there is no terminal to ask at: give --username and "
			       "--password-stdin");
	fprintf(stderr, "%s: ", question);
	if (hidden)
		hide_input();
	r = read_line(ret, err);
	if (hidden) {
		show_again();
		fputc('\n', stderr);
	}
	if (r == 0 && !**ret) {
		text_wipe(*ret);
		*ret = NULL;
		r = err_set(err, -EINVAL, "%s is empty", question);
	}
	return r;
}

static int read_credentials(const struct cli *c, struct credentials *ret, struct err *err)
{
	const char *user = options_value(&c->opt, "username");
	bool piped = options_flag(&c->opt, "password-stdin");
	int r = 0;

	if (piped && !user)
		return err_set(err, -EINVAL, "--password-stdin needs --username");
	if (user)
		ret->username = strdup(user);
	else
		r = ask_user("Username", false, &ret->username, err);
	if (r == 0 && !ret->username)
		r = err_nomem(err);
	if (r == 0)
		r = piped ? read_line(&ret->password, err)
			  : ask_user("Password", true, &ret->password, err);
	if (r == 0 && (!*ret->username || !*ret->password))
		r = err_set(err, -EINVAL, "the %s is empty",
			    *ret->username ? "password" : "user's name");
	return r;
}

/* Has moatd ask the registry, which may give a token in place of the password. */
static int verify_login(struct cli *c, const char *registry, struct credentials *cred,
			struct err *err)
{
	cleanup_json json_t *body =
		json_pack("{s:s, s:s, s:s}", "username", cred->username, "password", cred->password,
			  "serveraddress", registry_address(registry));
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *answer = NULL;
	const char *token;
	int r = body && buf_adds(&path, API_BASE "/auth") == 0 ? 0 : err_nomem(err);

	if (r == 0)
		r = cli_query(&path, "scheme", options_value(&c->opt, "scheme"), err);
	if (r == 0)
		r = cli_request(c, "POST", path.data, body, &answer, err);
	if (r < 0)
		return r;
	token = cli_str(answer, "IdentityToken");
	if (!*token)
		return 0;
	cred->identity_token = strdup(token);
	return cred->identity_token ? 0 : err_nomem(err);
}

static int login_registry(struct cli *c, const char *registry, char **ret_store, struct err *err)
{
	cleanup(credentials_reset) struct credentials cred = { 0 };
	/* Checked before the user is asked: nobody types a password that cannot be kept. */
	int r = registry_choose_store(registry, options_value(&c->opt, "store"), ret_store, err);

	if (r == 0)
		r = read_credentials(c, &cred, err);
	if (r == 0)
		r = verify_login(c, registry, &cred, err);
	return r < 0 ? r : registry_remember(registry, *ret_store, &cred, err);
}

int command_login(struct cli *c, struct err *err)
{
	cleanup_free char *registry = registry_argument(c, err), *store = NULL;

	if (!registry || login_registry(c, registry, &store, err) < 0)
		return err->code;
	printf("Login Succeeded: %s, kept in %s\n", registry,
	       streq(store, "file") ? "a file that only you can read" : store);
	return 0;
}

int command_logout(struct cli *c, struct err *err)
{
	cleanup_free char *registry = registry_argument(c, err);
	bool was = false;

	if (!registry || registry_forget(registry, &was, err) < 0)
		return err->code;
	if (was)
		printf("Removed the login for %s\n", registry);
	else
		printf("Not logged in to %s with moat\n", registry);
	return 0;
}
