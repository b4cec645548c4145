/* SPDX-License-Identifier: Apache-2.0 */
/* moat start, moat attach */
#include <errno.h>
#include <signal.h>

#include "cli/commands.h"
#include "cli/term/attach.h"

static int start_one(struct cli *c, const char *name, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	int r = cli_path(&path, "containers", name, "start", err);

	return r < 0 ? r : cli_request(c, "POST", path.data, NULL, NULL, err);
}

/* A container with --rm is removed when it ends, so its removal is what is waited for. */
static const char *end_condition(const json_t *info)
{
	const json_t *host = json_object_get(info, "HostConfig");

	return json_is_true(json_object_get(host, "AutoRemove")) ? "removed" : "next-exit";
}

/* @in: with the terminal's input, where the container takes any */
static int attach_to(struct cli *c, bool start, bool in, int *ret_status, struct err *err)
{
	struct attach_config cfg = { .id = c->opt.args[0], .start = start, .want_output = true };
	cleanup_json json_t *info = NULL;
	const json_t *config;
	int r = cli_inspect(c, "containers", cfg.id, &info, err);

	if (r < 0)
		return r == -EPIPE ? -EIO : r; /* moatd's end is told, unlike that of a reader */
	if (json_is_true(json_object_get(json_object_get(info, "State"), "Running")) == start)
		return err_set(err, -EEXIST,
			       start ? "container %s runs already; 'moat attach %s' attaches to it"
				     : "container %s does not run; 'moat start -a %s' starts it",
			       cfg.id, cfg.id);
	config = json_object_get(info, "Config");
	cfg.condition = end_condition(info);
	cfg.tty = json_is_true(json_object_get(config, "Tty"));
	cfg.send_stdin = in && json_is_true(json_object_get(config, "OpenStdin"));
	cfg.proxy_signals = options_flag_or(&c->opt, "sig-proxy", true);
	r = attach_check_terminal(cfg.tty, cfg.send_stdin, err);
	return r == 0 ? attach_run(c, &cfg, ret_status, err) : r;
}

static int run_attached(struct cli *c, bool start, bool in, struct err *err)
{
	int status = 0, r = attach_to(c, start, in, &status, err);

	if (r == -EPIPE)
		return 128 + SIGPIPE;
	return r < 0 ? r : status;
}

int command_start(struct cli *c, struct err *err)
{
	bool in = options_flag(&c->opt, "interactive");

	if (!in && !options_flag(&c->opt, "attach"))
		return cli_each(c, start_one, true, err);
	if (c->opt.n_args == 1)
		return run_attached(c, true, in, err);
	return err_set(err, -EINVAL, "only one container can be started and attached to at once");
}

int command_attach(struct cli *c, struct err *err)
{
	return run_attached(c, false, !options_flag(&c->opt, "no-stdin"), err);
}
