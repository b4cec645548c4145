/* SPDX-License-Identifier: Apache-2.0 */
/* moat stop, kill, restart, rm, wait, rename: one request per container */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"

/* POST /containers/NAME/ACTION[?KEY=VALUE&…]; @query: pairs, ends with NULL; NULL for none */
static int post_action(struct cli *c, const char *name, const char *action,
		       const char *const *query, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	int r = cli_path(&path, "containers", name, action, err);

	for (; r == 0 && query && query[0]; query += 2)
		r = cli_query(&path, query[0], query[1], err);
	return r < 0 ? r : cli_request(c, "POST", path.data, NULL, NULL, err);
}

static int check_seconds(const char *text, struct err *err)
{
	uint32_t seconds;

	if (!text || streq(text, "-1") || str_to_u32(text, &seconds) == 0)
		return 0;
	return err_set(err, -EINVAL, "invalid number of seconds \"%s\"", text);
}

/* docker's name for the option has been --time and --timeout. */
static const char *stop_seconds(const struct cli *c)
{
	const char *timeout = options_value(&c->opt, "timeout");

	return timeout ? timeout : options_value(&c->opt, "time");
}

static int post_timed(struct cli *c, const char *name, const char *action, struct err *err)
{
	const char *const query[] = { "t", stop_seconds(c), "signal",
				      options_value(&c->opt, "signal"), NULL };

	return post_action(c, name, action, query, err);
}

static int stop_one(struct cli *c, const char *name, struct err *err)
{
	return post_timed(c, name, "stop", err);
}

static int restart_one(struct cli *c, const char *name, struct err *err)
{
	return post_timed(c, name, "restart", err);
}

static int each_timed(struct cli *c, cli_each_fn fn, struct err *err)
{
	int r = check_seconds(stop_seconds(c), err);

	return r < 0 ? r : cli_each(c, fn, true, err);
}

int command_stop(struct cli *c, struct err *err)
{
	return each_timed(c, stop_one, err);
}

int command_restart(struct cli *c, struct err *err)
{
	return each_timed(c, restart_one, err);
}

static int kill_one(struct cli *c, const char *name, struct err *err)
{
	const char *const query[] = { "signal", options_value(&c->opt, "signal"), NULL };

	return post_action(c, name, "kill", query, err);
}

int command_kill(struct cli *c, struct err *err)
{
	return cli_each(c, kill_one, true, err);
}

static int pause_one(struct cli *c, const char *name, struct err *err)
{
	return post_action(c, name, "pause", NULL, err);
}

int command_pause(struct cli *c, struct err *err)
{
	return cli_each(c, pause_one, true, err);
}

static int unpause_one(struct cli *c, const char *name, struct err *err)
{
	return post_action(c, name, "unpause", NULL, err);
}

int command_unpause(struct cli *c, struct err *err)
{
	return cli_each(c, unpause_one, true, err);
}

static int rm_one(struct cli *c, const char *name, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	bool force = options_flag(&c->opt, "force");
	int r = cli_path(&path, "containers", name, NULL, err);

	if (r == 0)
		r = cli_query(&path, "force", force ? "1" : NULL, err);
	if (r == 0)
		r = cli_query(&path, "v", options_flag(&c->opt, "volumes") ? "1" : NULL, err);
	return r < 0 ? r : cli_request(c, "DELETE", path.data, NULL, NULL, err);
}

int command_rm(struct cli *c, struct err *err)
{
	return cli_each(c, rm_one, true, err);
}

static int wait_one(struct cli *c, const char *name, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *answer = NULL;
	int r = cli_path(&path, "containers", name, "wait", err);

	if (r < 0)
		return r;
	r = cli_request(c, "POST", path.data, NULL, &answer, err);
	if (r == -ECONNRESET) { /* moatd is gone: ask its successor */
		api_disconnect(c->api);
		r = cli_request(c, "POST", path.data, NULL, &answer, err);
	}
	if (r < 0)
		return r;
	printf("%lld\n", (long long)cli_int(answer, "StatusCode"));
	fflush(stdout);
	return 0;
}

int command_wait(struct cli *c, struct err *err)
{
	return cli_each(c, wait_one, false, err);
}

int command_rename(struct cli *c, struct err *err)
{
	const char *const query[] = { "name", c->opt.args[1], NULL };

	return post_action(c, c->opt.args[0], "rename", query, err);
}
