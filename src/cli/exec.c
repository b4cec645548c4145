/* SPDX-License-Identifier: Apache-2.0 */
/* moat exec */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/commands.h"
#include "cli/create/envfile.h"
#include "cli/create/process-options.h"
#include "cli/term/attach.h"
#include "cli/term/stream.h"
#include "cli/term/terminal.h"

static int exec_env(const struct cli *c, char ***env, struct err *err)
{
	const char *value;
	size_t cursor = 0;
	int r = 0;

	while (r == 0 && (value = options_next(&c->opt, "env-file", &cursor)))
		r = env_add_file(env, value, err);
	cursor = 0;
	while (r == 0 && (value = options_next(&c->opt, "env", &cursor)))
		r = env_add(env, value, err);
	return r;
}

static int exec_body(const struct cli *c, json_t **ret, struct err *err)
{
	const struct options *o = &c->opt;
	bool detach = options_flag(o, "detach"), tty = options_flag(o, "tty");
	bool in = options_flag(o, "interactive") && !detach;
	const char *dir = process_dir(o), *keys = options_value(o, "detach-keys");
	cleanup_free char *user = NULL;
	cleanup_strv char **env = NULL;
	json_t *body;
	int r = exec_env(c, &env, err);

	if (r == 0)
		r = process_user(o, &user, err);
	if (r < 0)
		return r;
	body = json_pack("{s:b, s:b, s:b, s:b, s:b, s:o, s:o, s:s, s:s, s:s}", "Privileged",
			 options_flag(o, "privileged"), "AttachStdin", in, "AttachStdout", !detach,
			 "AttachStderr", !detach, "Tty", tty, "Env", json_from_strv(env), "Cmd",
			 json_from_strv(o->args + 1), "WorkingDir", dir ? dir : "", "User",
			 user ? user : "", "DetachKeys", keys ? keys : "");
	if (!body)
		return err_set(err, -EINVAL, "the command is not UTF-8 text, or out of memory");
	*ret = body;
	return 0;
}

/* @ret_id: of the new exec, owned */
static int exec_create(struct cli *c, char **ret_id, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *body = NULL, *answer = NULL;
	int r = exec_body(c, &body, err);

	if (r == 0)
		r = cli_path(&path, "containers", c->opt.args[0], "exec", err);
	if (r == 0)
		r = cli_request(c, "POST", path.data, body, &answer, err);
	if (r < 0)
		return r;
	if (!*cli_str(answer, "Id"))
		return err_set(err, -EBADMSG, "moatd gave the new exec no id");
	*ret_id = strdup(cli_str(answer, "Id"));
	return *ret_id ? 0 : err_nomem(err);
}

static int exec_status(struct cli *c, const char *id, int *ret_status, struct err *err)
{
	cleanup_json json_t *info = NULL;
	const json_t *code;
	int r;

	api_disconnect(c->api);
	r = cli_inspect(c, "exec", id, &info, err);
	if (r < 0)
		return r;
	code = json_object_get(info, "ExitCode");
	if (!json_is_integer(code))
		return err_set(err, -EBADMSG, "moatd did not say how the command ended");
	*ret_status = (int)(json_integer_value(code) & 0xff);
	return 0;
}

static int exec_pump(struct cli *c, const char *id, int *ret_status, struct err *err)
{
	cleanup(buf_reset) struct buf early = BUF_INIT, object = BUF_INIT, path = BUF_INIT;
	cleanup_api struct api *attach = NULL;
	cleanup_json json_t *body = NULL;
	cleanup_close int fd = -1;
	bool tty = options_flag(&c->opt, "tty");
	struct api_request rq = { .method = "POST", .upgrade = true };
	struct stream_result result = { 0 };
	struct stream s = { .early = &early,
			    .tty = tty,
			    .send_stdin = options_flag(&c->opt, "interactive") };
	int r = cli_path(&object, "exec", id, NULL, err);

	if (r == 0)
		r = detach_keys_parse(options_value(&c->opt, "detach-keys"), &s.keys, err);
	if (r == 0)
		r = cli_path(&path, "exec", id, "start", err);
	if (r == 0)
		r = cli_new_api(c, &attach, err);
	if (r < 0)
		return r;
	body = json_pack("{s:b, s:b, s:o*}", "Detach", 0, "Tty", tty, "ConsoleSize",
			 tty ? terminal_size_json() : NULL);
	rq.path = path.data;
	rq.body = body;
	r = api_upgrade(attach, &rq, &fd, &early, err);
	if (r < 0) {
		cli_print_error(err->msg);
		*ret_status = start_error_status(r, err);
		return 0;
	}
	s.fd = fd;
	s.control = (struct control){ .api = c->api, .object = object.data };
	r = stream_run(&s, &result, err);
	if (r < 0)
		return r;
	if (result.end == STREAM_ENDED)
		return exec_status(c, id, ret_status, err);
	*ret_status = result.end == STREAM_SIGNALLED ? 128 + result.signo : 0;
	return 0;
}

static int exec_detached(struct cli *c, const char *id, int *ret_status, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *body =
		json_pack("{s:b, s:b}", "Detach", 1, "Tty", options_flag(&c->opt, "tty"));
	int r = cli_path(&path, "exec", id, "start", err);

	if (r < 0)
		return r;
	r = cli_request(c, "POST", path.data, body, NULL, err);
	if (r < 0) {
		cli_print_error(err->msg);
		*ret_status = start_error_status(r, err);
	}
	return 0;
}

int command_exec(struct cli *c, struct err *err)
{
	cleanup_free char *id = NULL;
	bool detach = options_flag(&c->opt, "detach");
	int status = 0, r = 0;

	if (!detach)
		r = attach_check_terminal(options_flag(&c->opt, "tty"),
					  options_flag(&c->opt, "interactive"), err);
	if (r < 0)
		return r;
	/* docker's status for a container that does not exist is 1; 125 is for a command that did
	 * not start. */
	if (exec_create(c, &id, err) < 0) {
		cli_print_error(err->msg);
		return 1;
	}
	r = detach ? exec_detached(c, id, &status, err) : exec_pump(c, id, &status, err);
	if (r < 0)
		return r == -EPIPE ? 128 + SIGPIPE : r;
	return status;
}
