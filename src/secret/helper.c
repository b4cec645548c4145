/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A helper is the user's own program, and is trusted with what it keeps.  It may still hang, write
 * without end, or leave a child behind that holds its output open: its time and its answer have
 * bounds, and it is killed where it passes them.
 *
 * What goes in is small enough for the socket's buffer, so it is written before anything is read.
 */
#include "secret/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/locate.h"
#include "base/spawn.h"
#include "base/str.h"

#define TOKEN_USER   "<token>"
#define STORE_MAX    64
#define INPUT_MAX    (4 * CREDENTIALS_TEXT_MAX)
#define LINGERS_MSEC 2000
#define READ_BYTES   4096u

static bool store_name_is_good(const char *store)
{
	return *store && strlen(store) <= STORE_MAX && *store != '.' &&
	       !store[strspn(store, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_.")];
}

int helper_find(const char *store, char **ret, struct err *err)
{
	const char *path = getenv("PATH");

	if (!store_name_is_good(store))
		return err_set(err, -EINVAL, "\"%s\" is no name of a credential helper", store);
	if (streq(store, "secretservice"))
		return locate_program("docker-credential-moat", ret, err);
	for (const char *at = path ? path : ""; *at;) {
		size_t len = strcspn(at, ":");
		cleanup_free char *file =
			str_printf("%.*s/docker-credential-%s", (int)len, at, store);

		if (!file)
			return err_nomem(err);
		if (*file == '/' && access(file, X_OK) == 0) {
			*ret = take_ptr(file);
			return 0;
		}
		at += len + (at[len] == ':');
	}
	return err_set(err, -ENOENT, "docker-credential-%s is not on PATH%s", store,
		       streq(store, "pass") ? ": install golang-docker-credential-helpers and pass"
					    : "");
}

/* Waits for the end of a helper that has closed its output.  Return: its wait status. */
static int reap_helper(pid_t pid, int timeout_msec)
{
	uint64_t deadline_usec = clock_mono_usec() + (uint64_t)timeout_msec * 1000;
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_mono_usec() >= deadline_usec)
			kill(pid, SIGKILL);
		poll(NULL, 0, 1);
	}
	return status;
}

static int read_answer(int fd, struct buf *answer, const char *program, struct err *err)
{
	uint64_t deadline_usec = clock_mono_usec() + (uint64_t)HELPER_TIMEOUT_MSEC * 1000;

	for (;;) {
		uint64_t now_usec = clock_mono_usec();
		ssize_t n;

		if (now_usec >= deadline_usec ||
		    fd_wait(fd, POLLIN, (int)((deadline_usec - now_usec) / 1000) + 1) == 0)
			return err_set(err, -ETIMEDOUT, "%s: no answer within %d s", program,
				       HELPER_TIMEOUT_MSEC / 1000);
		n = buf_read_fd(answer, fd, READ_BYTES);
		if (n <= 0)
			return n < 0 ? err_errno(err, (int)n, "%s", program) : 0;
		if (answer->len > HELPER_ANSWER_MAX)
			return err_set(err, -EBADMSG, "%s: an answer of more than %u KiB", program,
				       HELPER_ANSWER_MAX >> 10);
	}
}

static int start_helper(const char *program, const char *action, const char *input, int *ret_fd,
			pid_t *ret_pid)
{
	const char *argv[] = { program, action, NULL };
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, r = 0;
	struct spawn s = { .program = program, .argv = argv, .n_fds = 3 };

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0 || pipe2(out, O_CLOEXEC) < 0)
		r = -errno;
	s.fds = (const int[]){ in[1], out[1], STDERR_FILENO };
	if (r == 0 && send(in[0], input, strlen(input), MSG_NOSIGNAL | MSG_DONTWAIT) !=
			      (ssize_t)strlen(input))
		r = -EIO;
	if (r == 0)
		r = spawn_start(&s, ret_pid);
	if (r == 0)
		*ret_fd = take_fd(&out[0]);
	for (int i = 0; i < 2; i++) {
		fd_close(&in[i]);
		fd_close(&out[i]);
	}
	return r;
}

/* Makes a helper's failure an error: its answer is one line for people. */
static int judge_answer(const char *program, int status, const struct buf *answer, struct err *err)
{
	const char *name = strrchr(program, '/') ? strrchr(program, '/') + 1 : program;
	int len = (int)strcspn(answer->data ? answer->data : "", "\r\n");

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	/* These words are part of the protocol. */
	if (answer->data && str_starts(answer->data, "credentials not found"))
		return err_set(err, -ENOENT, "%s: %.*s", name, len, answer->data);
	if (len == 0)
		return err_set(err, -EIO, "%s failed", name);
	return err_set(err, -EIO, "%s: %.*s", name, len > 300 ? 300 : len, answer->data);
}

/* @answer: gets a NUL at its end; wiped by the caller */
static int run_helper(const char *program, const char *action, const char *input,
		      struct buf *answer, struct err *err)
{
	cleanup_close int fd = -1;
	pid_t pid;
	int r, status;

	if (strlen(input) > INPUT_MAX)
		return err_set(err, -E2BIG, "what is to be kept is longer than %d bytes",
			       INPUT_MAX);
	/* Room is made all at once: a buffer that grows leaves old copies in memory. */
	if (buf_reserve(answer, HELPER_ANSWER_MAX + 2 * READ_BYTES) < 0)
		return err_nomem(err);
	r = start_helper(program, action, input, &fd, &pid);
	if (r < 0)
		return err_errno(err, r, "%s", program);
	r = read_answer(fd, answer, program, err);
	if (r == 0 && buf_add(answer, "", 1) < 0)
		r = err_nomem(err);
	else if (r == 0)
		answer->len--;
	status = reap_helper(pid, r < 0 ? 0 : LINGERS_MSEC);
	return r < 0 ? r : judge_answer(program, status, answer, err);
}

int helper_read_answer(const char *text, size_t len, struct credentials *ret, struct err *err)
{
	cleanup_json json_t *obj = NULL;
	const char *user = NULL, *secret = NULL;
	int r = json_read(text, len, "the credential helper's answer", &obj, err);

	if (r == 0)
		r = json_get_str(obj, "Username", &user, err);
	if (r == 0)
		r = json_get_str(obj, "Secret", &secret, err);
	if (r < 0)
		return r;
	if (!user || !secret || strlen(user) > CREDENTIALS_TEXT_MAX ||
	    strlen(secret) > CREDENTIALS_TEXT_MAX)
		return err_set(err, -EBADMSG,
			       "the credential helper gave no user's name or secret");
	/* docker-credential-pass answers so where it has nothing. */
	if (!*user && !*secret)
		return err_set(err, -ENOENT, "the credential helper knows no login");
	if (streq(user, TOKEN_USER)) {
		ret->identity_token = strdup(secret);
		return ret->identity_token ? 0 : err_nomem(err);
	}
	ret->username = strdup(user);
	ret->password = strdup(secret);
	return ret->username && ret->password ? 0 : err_nomem(err);
}

int helper_get(const char *program, const char *address, struct credentials *ret, struct err *err)
{
	struct credentials c = { 0 };
	struct buf answer = BUF_INIT;
	int r = run_helper(program, "get", address, &answer, err);

	if (r == 0)
		r = helper_read_answer(answer.data, answer.len, &c, err);
	buf_wipe(&answer);
	if (r < 0)
		credentials_reset(&c);
	else
		*ret = c;
	return r;
}

int helper_store(const char *program, const char *address, const struct credentials *c,
		 struct err *err)
{
	const char *user = c->identity_token ? TOKEN_USER : c->username;
	const char *secret = c->identity_token ? c->identity_token : c->password;
	cleanup_json json_t *obj = json_pack("{s:s, s:s, s:s}", "ServerURL", address, "Username",
					     user, "Secret", secret);
	struct buf answer = BUF_INIT;
	char *text = obj ? json_write(obj) : NULL;
	int r = text ? run_helper(program, "store", text, &answer, err) : err_nomem(err);

	text_wipe(text);
	buf_wipe(&answer);
	return r;
}

int helper_erase(const char *program, const char *address, struct err *err)
{
	struct buf answer = BUF_INIT;
	int r = run_helper(program, "erase", address, &answer, err);

	buf_wipe(&answer);
	return r;
}

int helper_list(const char *program, json_t **ret, struct err *err)
{
	struct buf answer = BUF_INIT;
	json_t *list = NULL;
	int r = run_helper(program, "list", "unused", &answer, err);

	if (r == 0)
		r = json_read(answer.data, answer.len, "the credential helper's list", &list, err);
	buf_wipe(&answer);
	if (r == 0 && !json_is_object(list))
		r = err_set(err, -EBADMSG, "the credential helper's list is no object");
	if (r < 0)
		json_decref(list);
	else
		*ret = list;
	return r;
}
