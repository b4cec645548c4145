/* SPDX-License-Identifier: Apache-2.0 */
/* moat cp */
#include "cli/cp.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/cp-from.h"
#include "cli/cp-plan.h"
#include "cli/cp-to.h"
#include "cli/format/format.h"

int cp_archive_path(const struct cp *cp, const char *path, struct buf *ret, struct err *err)
{
	int r = cli_path(ret, "containers", cp->container, "archive", err);

	return r == 0 ? cli_query(ret, "path", path, err) : r;
}

static int refuse_body(const void *data, size_t len, void *arg)
{
	(void)data, (void)len, (void)arg;
	return -ECANCELED;
}

/* Asks why a path cannot be had: an answer to HEAD has no body with a message, one to GET has.
 * Return: @code, or what GET says. */
static int ask_why(struct cp *cp, const char *path, int code, struct err *err)
{
	struct api_request rq = { .method = "GET", .path = path, .on_body = refuse_body };
	struct err why = { 0 };
	int r = api_call(cp->c->api, &rq, NULL, &why);

	if (r >= 0 || r == -ECANCELED) {
		api_disconnect(cp->c->api);
		return code;
	}
	*err = why;
	return r;
}

int cp_stat(struct cp *cp, const char *path, struct cp_stat *ret, struct err *err)
{
	cleanup(buf_reset) struct buf url = BUF_INIT;
	struct api_request rq = { .method = "HEAD", .want_header = CP_STAT_HEADER };
	const char *header;
	int r = cp_archive_path(cp, path, &url, err);

	if (r < 0)
		return r;
	rq.path = url.data;
	r = api_call(cp->c->api, &rq, NULL, err);
	if (r == -ENOENT)
		return err_set(err, r, "Could not find the file %s in container %s", path,
			       cp->container);
	/* Without an answer there is nothing to ask for. */
	if (r < 0)
		return api_status(cp->c->api) > 0 ? ask_why(cp, url.data, r, err) : r;
	header = api_header(cp->c->api);
	if (!header)
		return err_set(err, -EBADMSG, "moatd's answer lacks " CP_STAT_HEADER);
	cp_stat_reset(ret);
	return cp_stat_parse(header, ret, err);
}

static int copy_files(struct cp *cp, struct err *err)
{
	cleanup_free char *from = NULL, *to = NULL;
	int r = cp_split(cp->c->opt.args[0], &from, &cp->from);

	if (r == 0)
		r = cp_split(cp->c->opt.args[1], &to, &cp->to);
	if (r < 0)
		return err_nomem(err);
	if (from && to)
		return err_set(err, -EINVAL, "copying between containers is not supported");
	if (!from && !to)
		return err_set(err, -EINVAL,
			       "one of the two must be in a container: CONTAINER:PATH");
	cp->container = from ? from : to;
	r = from ? cp_from_container(cp, err) : cp_to_container(cp, err);
	cp->container = NULL;
	return r;
}

int command_cp(struct cli *c, struct err *err)
{
	struct cp cp = {
		.c = c,
		.archive = options_flag(&c->opt, "archive"),
		.follow = options_flag(&c->opt, "follow-link"),
	};
	char size[FORMAT_MAX];

	if (copy_files(&cp, err) < 0)
		return err->code;
	if (!options_flag_or(&c->opt, "quiet", !isatty(STDERR_FILENO)) && cp.bytes > 0) {
		format_size(cp.bytes, size);
		fprintf(stderr, "Successfully copied %s to %s\n", size, c->opt.args[1]);
	}
	return 0;
}
