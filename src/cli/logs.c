/* SPDX-License-Identifier: Apache-2.0 */
/* moat logs */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/demux.h"

/* Where a log's body goes: standard output, or output and error where it is framed. */
struct log_sink {
	bool framed;
	struct demux demux;
};

static int log_sink_feed(const void *data, size_t len, void *arg)
{
	struct log_sink *sink = arg;
	const char *p = data;
	int r = 0;

	if (!sink->framed)
		return fd_write_all(STDOUT_FILENO, data, len);
	while (len > 0 && r == 0) {
		struct demux_piece piece;
		ssize_t n = demux_next(&sink->demux, p, len, &piece);

		if (n < 0)
			return (int)n;
		if (piece.len > 0)
			r = fd_write_all(piece.channel == 1 ? STDOUT_FILENO : STDERR_FILENO,
					 piece.data, piece.len);
		p += n;
		len -= (size_t)n;
	}
	return r;
}

static int boot_log(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	struct log_sink sink = { 0 };
	struct api_request rq = { .method = "GET", .on_body = log_sink_feed, .arg = &sink };
	int r = buf_adds(&path, "/moat/containers");

	if (r == 0)
		r = url_add_segment(&path, c->opt.args[0]);
	if (r == 0)
		r = url_add_segment(&path, "boot-log");
	if (r < 0)
		return cli_out_of_memory(err);
	rq.path = path.data;
	return api_call(c->api, &rq, NULL, err);
}

static int log_path(const struct cli *c, struct buf *path, struct err *err)
{
	const struct options *o = &c->opt;
	const struct {
		const char *key, *value;
	} query[] = {
		{ "stdout", "1" },
		{ "stderr", "1" },
		{ "follow", options_flag(o, "follow") ? "1" : NULL },
		{ "timestamps", options_flag(o, "timestamps") ? "1" : NULL },
		{ "tail", options_value(o, "tail") },
	};
	int r = cli_path(path, "containers", o->args[0], "logs", err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(query); i++)
		r = cli_query(path, query[i].key, query[i].value, err);
	if (r == 0)
		r = cli_query_moment(c, path, "since", err);
	return r < 0 ? r : cli_query_moment(c, path, "until", err);
}

static int container_log(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *info = NULL;
	struct log_sink sink = { 0 };
	struct api_request rq = { .method = "GET", .on_body = log_sink_feed, .arg = &sink };
	int r = cli_inspect(c, "containers", c->opt.args[0], &info, err);

	if (r == 0)
		r = log_path(c, &path, err);
	if (r < 0)
		return r;
	sink.framed = !json_is_true(json_object_get(json_object_get(info, "Config"), "Tty"));
	rq.path = path.data;
	return api_call(c->api, &rq, NULL, err);
}

int command_logs(struct cli *c)
{
	const char *tail = options_value(&c->opt, "tail");
	struct err err = { 0 };
	uint64_t lines;
	int r;

	if (tail && !streq(tail, "all") && str_to_u64(tail, &lines) < 0)
		r = err_set(&err, -EINVAL, "invalid number of lines \"%s\"; it is a number or all",
			    tail);
	else
		r = options_flag(&c->opt, "boot") ? boot_log(c, &err) : container_log(c, &err);
	if (r < 0)
		return r == -EPIPE ? 128 + SIGPIPE : cli_fail(c, &err);
	return 0;
}
