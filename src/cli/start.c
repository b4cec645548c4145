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

static int run_attached(struct cli *c, struct attach_config *cfg)
{
	struct err err = { 0 };
	int status = 0, r = attach_check_terminal(cfg->tty, cfg->send_stdin, &err);

	if (r == 0)
		r = attach_run(c, cfg, &status, &err);
	if (r < 0)
		return r == -EPIPE ? 128 + SIGPIPE : cli_fail(c, &err);
	return status;
}

/* A container with --rm is removed when it ends, so its removal is what is waited for. */
static const char *end_condition(const json_t *info)
{
	const json_t *host = json_object_get(info, "HostConfig");

	return json_is_true(json_object_get(host, "AutoRemove")) ? "removed" : "next-exit";
}

int command_start(struct cli *c)
{
	bool in = options_flag(&c->opt, "interactive");
	bool attach = in || options_flag(&c->opt, "attach");
	cleanup_json json_t *info = NULL;
	struct attach_config cfg = { .start = true, .want_output = true };
	struct err err = { 0 };
	const json_t *config;

	if (!attach)
		return cli_each(c, start_one, true);
	if (c->opt.n_args > 1) {
		err_set(&err, -EINVAL, "only one container can be started and attached to at once");
		return cli_fail(c, &err);
	}
	if (cli_inspect(c, "containers", c->opt.args[0], &info, &err) < 0)
		return cli_fail(c, &err);
	if (json_is_true(json_object_get(json_object_get(info, "State"), "Running"))) {
		err_set(&err, -EEXIST, "container %s runs already; 'moat attach %s' attaches to it",
			c->opt.args[0], c->opt.args[0]);
		return cli_fail(c, &err);
	}
	config = json_object_get(info, "Config");
	cfg.id = c->opt.args[0];
	cfg.proxy_signals = options_flag_or(&c->opt, "sig-proxy", true);
	cfg.condition = end_condition(info);
	cfg.tty = json_is_true(json_object_get(config, "Tty"));
	cfg.send_stdin = in && json_is_true(json_object_get(config, "OpenStdin"));
	return run_attached(c, &cfg);
}

int command_attach(struct cli *c)
{
	cleanup_json json_t *info = NULL;
	struct attach_config cfg = { .id = c->opt.args[0], .want_output = true };
	struct err err = { 0 };
	const json_t *config;

	if (cli_inspect(c, "containers", cfg.id, &info, &err) < 0)
		return cli_fail(c, &err);
	if (!json_is_true(json_object_get(json_object_get(info, "State"), "Running"))) {
		err_set(&err, -EEXIST, "container %s does not run; 'moat start -a %s' starts it",
			cfg.id, cfg.id);
		return cli_fail(c, &err);
	}
	config = json_object_get(info, "Config");
	cfg.condition = end_condition(info);
	cfg.tty = json_is_true(json_object_get(config, "Tty"));
	cfg.send_stdin = !options_flag(&c->opt, "no-stdin") &&
			 json_is_true(json_object_get(config, "OpenStdin"));
	cfg.proxy_signals = options_flag_or(&c->opt, "sig-proxy", true);
	return run_attached(c, &cfg);
}
