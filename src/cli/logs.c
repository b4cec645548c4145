/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moat logs
 *
 * Theory of operation.  moatd says from time to time where what it has sent so far ends.  When it
 * is killed, its successor is asked to go on from there, and output beyond that place that was
 * written already is not written twice.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/term/demux.h"

#define ATTEMPTS_MAX 20 /* without any new output */
#define ATTEMPT_USEC (100 * 1000)
#define PLACE_MAX    64

struct log_sink {
	struct demux demux;
	char place[PLACE_MAX]; /* where the log goes on; "": nothing came yet */
	char next[PLACE_MAX];  /* the next place, while it is received */
	size_t next_len;
	uint64_t beyond; /* bytes of output since that place */
	uint64_t skip;	 /* of the next bytes, how many were written already */
	bool news;
};

static int take_place(struct log_sink *sink, const struct demux_piece *piece)
{
	if (piece->len >= PLACE_MAX - sink->next_len)
		return -EBADMSG;
	memcpy(sink->next + sink->next_len, piece->data, piece->len);
	sink->next_len += piece->len;
	if (sink->demux.left > 0)
		return 0;
	sink->next[sink->next_len] = '\0';
	memcpy(sink->place, sink->next, sink->next_len + 1);
	sink->next_len = 0;
	sink->beyond = 0;
	return 0;
}

static int take_output(struct log_sink *sink, const struct demux_piece *piece)
{
	size_t known = piece->len < sink->skip ? piece->len : (size_t)sink->skip;

	sink->skip -= known;
	sink->beyond += piece->len;
	if (known == piece->len)
		return 0;
	sink->news = true;
	return fd_write_all(piece->stream == FRAMES_STDOUT ? STDOUT_FILENO : STDERR_FILENO,
			    piece->data + known, piece->len - known);
}

static int log_sink_feed(const void *data, size_t len, void *arg)
{
	struct log_sink *sink = arg;
	const char *p = data;
	int r = 0;

	while (len > 0 && r == 0) {
		struct demux_piece piece;
		ssize_t n = demux_next(&sink->demux, p, len, &piece);

		if (n < 0)
			return (int)n;
		if (piece.len > 0)
			r = piece.stream == FRAMES_PLACE ? take_place(sink, &piece)
							 : take_output(sink, &piece);
		p += n;
		len -= (size_t)n;
	}
	return r;
}

static int write_text(const void *data, size_t len, void *arg)
{
	(void)arg;
	return fd_write_all(STDOUT_FILENO, data, len);
}

static int moat_path(const struct cli *c, const char *what, struct buf *path, struct err *err)
{
	int r = buf_adds(path, "/moat/containers");

	if (r == 0)
		r = url_add_segment(path, c->opt.args[0]);
	if (r == 0)
		r = url_add_segment(path, what);
	return r < 0 ? err_nomem(err) : 0;
}

static int boot_log(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	struct api_request rq = { .method = "GET", .on_body = write_text };
	int r = moat_path(c, "boot-log", &path, err);

	rq.path = path.data;
	return r < 0 ? r : api_call(c->api, &rq, NULL, err);
}

static int log_path(const struct cli *c, const struct log_sink *sink, struct buf *path,
		    struct err *err)
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
		{ "from", *sink->place ? sink->place : NULL },
	};
	int r = moat_path(c, "logs", path, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(query); i++)
		r = cli_query(path, query[i].key, query[i].value, err);
	if (r == 0)
		r = cli_query_moment(c, path, "since", err);
	return r < 0 ? r : cli_query_moment(c, path, "until", err);
}

static int read_once(struct cli *c, struct log_sink *sink, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	struct api_request rq = { .method = "GET", .on_body = log_sink_feed, .arg = sink };
	int r = log_path(c, sink, &path, err);

	rq.path = path.data;
	return r < 0 ? r : api_call(c->api, &rq, NULL, err);
}

static int container_log(struct cli *c, struct err *err)
{
	struct log_sink sink = { .demux = { .places = true } };

	for (unsigned attempts = 0;; attempts++) {
		int r = read_once(c, &sink, err);

		if (sink.news)
			attempts = 0;
		if (r != -ECONNRESET || attempts == ATTEMPTS_MAX)
			return r;
		sink.demux = (struct demux){ .places = true };
		sink.next_len = 0;
		sink.skip += sink.beyond;
		sink.beyond = 0;
		sink.news = false;
		usleep(ATTEMPT_USEC);
	}
}

int command_logs(struct cli *c, struct err *err)
{
	const char *tail = options_value(&c->opt, "tail");
	uint64_t lines;
	int r;

	/* As in docker, a negative number means all. */
	if (tail && !streq(tail, "all") && str_to_u64(tail + (*tail == '-'), &lines) < 0)
		r = err_set(err, -EINVAL, "invalid number of lines \"%s\"; it is a number or all",
			    tail);
	else
		r = options_flag(&c->opt, "boot") ? boot_log(c, err) : container_log(c, err);
	if (r < 0)
		return r == -EPIPE ? 128 + SIGPIPE : r;
	return 0;
}
