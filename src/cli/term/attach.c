/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: three connections.  On the first the attach becomes a raw stream, on the
 * second the wait is registered before the start so that no end is missed, the third carries the
 * start, signals and terminal sizes.  When moatd dies meanwhile the stream goes on, because it ends
 * in the container's shim; only the exit status has then to be asked for again.
 */
#include "cli/term/attach.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/term/stream.h"

int attach_check_terminal(bool tty, bool send_stdin, struct err *err)
{
	if (tty && send_stdin && !isatty(STDIN_FILENO))
		return err_set(err, -ENOTTY, "the input device is not a TTY");
	return 0;
}

int start_error_status(int result, const struct err *err)
{
	/* A program that cannot be executed is the caller's mistake; all else is moat's. */
	if (result != -EINVAL)
		return EXIT_MOAT_FAILED;
	switch (-err->code) {
	case ENOENT:
		return EXIT_NOT_FOUND;
	case EACCES:
	case EISDIR:
	case ENOEXEC:
		return EXIT_CANNOT_RUN;
	default:
		return EXIT_MOAT_FAILED;
	}
}

static int open_stream(struct cli *c, const struct attach_config *cfg, int *ret_fd,
		       struct buf *early, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_api struct api *api = NULL;
	struct api_request rq = { .method = "POST", .upgrade = true };
	const char *keys = options_value(&c->opt, "detach-keys");
	int r = cli_path(&path, "containers", cfg->id, "attach", err);

	if (r == 0)
		r = cli_query(&path, "stream", "1", err);
	if (r == 0 && cfg->send_stdin)
		r = cli_query(&path, "stdin", "1", err);
	if (r == 0 && cfg->want_output)
		r = cli_query(&path, "stdout", "1", err);
	if (r == 0 && cfg->want_output)
		r = cli_query(&path, "stderr", "1", err);
	if (r == 0 && keys)
		r = cli_query(&path, "detachKeys", keys, err);
	if (r == 0)
		r = cli_new_api(c, &api, err);
	if (r < 0)
		return r;
	rq.path = path.data;
	return api_upgrade(api, &rq, ret_fd, early, err);
}

static int send_wait(struct cli *c, const struct attach_config *cfg, struct api **ret,
		     struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_api struct api *api = NULL;
	struct api_request rq = { .method = "POST" };
	int r = cli_path(&path, "containers", cfg->id, "wait", err);

	if (r == 0)
		r = cli_query(&path, "condition", cfg->condition, err);
	if (r == 0)
		r = cli_query(&path, "trace", cfg->trace ? "1" : NULL, err);
	if (r == 0)
		r = cli_new_api(c, &api, err);
	if (r < 0)
		return r;
	rq.path = path.data;
	r = api_send(api, &rq, err);
	if (r == 0)
		*ret = take_ptr(api);
	return r;
}

/* The head of the answer says that the wait is registered. */
static int await_registered(struct api *wait, struct err *err)
{
	while (api_status(wait) == 0) {
		int r = api_step(wait, err);

		if (r < 0)
			return r;
		if (r > 0 && api_status(wait) >= 300)
			return api_finish(wait, NULL, err);
	}
	return 0;
}

/* Return: the exit status; -EBADMSG with a message. */
static int read_status(const struct attach_config *cfg, const json_t *answer, struct err *err)
{
	const json_t *code = json_object_get(answer, "StatusCode");
	const char *message = cli_str(json_object_get(answer, "Error"), "Message");

	if (!json_is_integer(code))
		return err_set(err, -EBADMSG, "moatd did not say how container %s ended%s%s",
			       cfg->id, *message ? ": " : "", message);
	if (*message)
		cli_print_error(message);
	if (cfg->trace) {
		cfg->trace->answered = clock_mono_usec();
		trace_print(cfg->trace, json_object_get(answer, "Moat"));
	}
	return (int)(json_integer_value(code) & 0xff);
}

/* The connection for the wait was lost, and with it its moatd; the next moatd knows the exit
 * status. */
static int ask_again(struct cli *c, const struct attach_config *cfg, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *answer = NULL;
	int r = cli_path(&path, "containers", cfg->id, "wait", err);

	if (r == 0)
		r = cli_query(&path, "condition", "not-running", err);
	if (r < 0)
		return r;
	api_disconnect(c->api);
	r = cli_request(c, "POST", path.data, NULL, &answer, err);
	if (r == -ENOENT)
		return err_set(err, r,
			       "moatd was restarted and container %s is removed already: its exit "
			       "status is not known",
			       cfg->id);
	return r < 0 ? r : read_status(cfg, answer, err);
}

/* Return: the exit status, docker's. */
static int leave_running(const char *id)
{
	cleanup_free char *text =
		str_printf("got %d of SIGINT and SIGTERM, and leaves container %.12s as it is; "
			   "`moat kill %.12s` ends it",
			   STREAM_PATIENCE, id, id);

	if (text)
		cli_print_error(text);
	return 1;
}

/* Return: the exit status; -errno with a message. */
static int finish_attach(struct cli *c, const struct attach_config *cfg, struct api *wait,
			 const struct stream_result *result, struct err *err)
{
	cleanup_json json_t *answer = NULL;
	int r;

	if (result->end == STREAM_DETACHED)
		return 0;
	if (result->end == STREAM_SIGNALLED)
		return 128 + result->signo;
	if (result->end == STREAM_LEFT)
		return leave_running(cfg->id);
	if (!result->wait_done)
		return ask_again(c, cfg, err);
	r = api_finish(wait, &answer, err);
	return r < 0 ? r : read_status(cfg, answer, err);
}

int attach_run(struct cli *c, const struct attach_config *cfg, int *ret_status, struct err *err)
{
	cleanup(buf_reset) struct buf early = BUF_INIT, object = BUF_INIT;
	cleanup_api struct api *wait = NULL;
	cleanup_close int fd = -1;
	struct stream_result result = { 0 };
	struct stream s = { .early = &early,
			    .tty = cfg->tty,
			    .send_stdin = cfg->send_stdin,
			    .proxy_signals = cfg->proxy_signals };
	int r = cli_path(&object, "containers", cfg->id, NULL, err);

	if (r == 0)
		r = detach_keys_parse(options_value(&c->opt, "detach-keys"), &s.keys, err);
	if (r == 0)
		r = send_wait(c, cfg, &wait, err);
	if (r == 0)
		r = open_stream(c, cfg, &fd, &early, err);
	if (r == 0)
		r = await_registered(wait, err);
	if (r < 0)
		return r;
	if (cfg->trace)
		cfg->trace->attached = clock_mono_usec();
	s.fd = fd;
	s.wait = wait;
	s.control = (struct control){ .api = c->api, .object = object.data, .start = cfg->start };
	r = stream_run(&s, &result, err);
	if (r == 0) {
		r = finish_attach(c, cfg, wait, &result, err);
	} else if (s.control.start_failed) {
		cli_print_error(err->msg);
		r = start_error_status(r, err);
	}
	if (r < 0)
		return r;
	*ret_status = r;
	return 0;
}
