/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The tar is unpacked as it arrives: reading it drives the connection.  Only
 * what was asked for may be in it, and nothing leaves the destination, whatever links it brings or
 * finds there; set-user-id bits, owners and devices are made only for root, and only where asked
 * for.
 *
 * The tar was made by a guest, which may be hostile.
 */
#include "cli/cp-from.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path-text.h"
#include "base/str.h"
#include "cli/cp-plan.h"
#include "cli/cp.h"
#include "tar/unpack.h"

#define LINKS_MAX 10

/* The body of a response, to be read like a file. */
struct download {
	struct cp *cp;
	struct buf data;
	struct err err;
};

static int on_body(const void *data, size_t len, void *arg)
{
	struct download *d = arg;

	d->cp->bytes += len;
	return buf_add(&d->data, data, len);
}

static ssize_t read_body(void *arg, void *data, size_t max)
{
	struct download *d = arg;
	struct api *api = d->cp->c->api;
	size_t n;

	while (d->data.len == 0) {
		int r = api_done(api) ? 1 : api_step(api, &d->err);

		if (r < 0)
			return r;
		if (r > 0 && d->data.len == 0)
			return 0;
	}
	n = buf_move(&d->data, data, max);
	return (ssize_t)n;
}

static int begin_download(struct download *d, const char *path, struct err *err)
{
	struct api *api = d->cp->c->api;
	struct api_request rq = {
		.method = "GET",
		.path = path,
		.on_body = on_body,
		.arg = d,
		.want_header = CP_STAT_HEADER,
	};
	int r = api_send(api, &rq, err);

	while (r == 0 && api_status(api) == 0)
		r = api_step(api, err);
	if (r < 0 || api_status(api) == 200)
		return r < 0 ? r : 0;
	while (r == 0 && !api_done(api))
		r = api_step(api, err);
	return r < 0 ? r : api_finish(api, NULL, err);
}

/* Follows symbolic links.  The last one may lead to where nothing is yet. */
static int resolve_destination(struct cp_side *s, struct err *err)
{
	struct stat sb;

	s->exists = stat(s->path, &sb) == 0;
	s->is_dir = s->exists && S_ISDIR(sb.st_mode);
	for (int i = 0; !s->is_dir && i < LINKS_MAX; i++) {
		char target[PATH_MAX], *next;
		cleanup_free char *dir = path_dir(s->path);
		ssize_t n = readlink(s->path, target, sizeof(target) - 1);

		if (n < 0)
			return 0;
		target[n] = '\0';
		next = *target == '/' ? strdup(target) : str_printf("%s/%s", dir, target);
		if (!dir || !next) {
			free(next);
			return err_nomem(err);
		}
		free(s->path);
		s->path = next;
	}
	return 0;
}

static int open_destination(const struct cp *cp, bool source_is_dir, struct cp_target *target,
			    int *ret_fd, struct err *err)
{
	cleanup(cp_side_reset) struct cp_side to = { .path = strdup(cp->to) };
	int r = to.path ? resolve_destination(&to, err) : err_nomem(err);

	if (r == 0)
		r = cp_plan(source_is_dir, &to, target, err);
	if (r < 0)
		return r;
	*ret_fd = open(target->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? err_errno(err, -errno, "destination %s", target->dir) : 0;
}

static void warn_left_out(const char *path, const char *what)
{
	cleanup_free char *text =
		str_printf("%s: %s is left out (-a as root copies it)", path, what);

	cli_print_error(text ? text : what);
}

/* @name: the path's name in the archive; @as: the name it is to get */
static int unpack_tree(struct download *d, const char *name, const char *as, int dir_fd,
		       struct err *err)
{
	struct tar_reader reader = { .read = read_body, .arg = d };
	struct tar_unpack u = {
		.dir_fd = dir_fd,
		.flags = TAR_UNPACK_KEEP_FOLDERS | TAR_UNPACK_STAY_BENEATH,
		.from = name,
		.to = as,
		.warn = warn_left_out,
	};
	int r;

	if (d->cp->archive && geteuid() == 0)
		u.flags |= TAR_UNPACK_OWNERS | TAR_UNPACK_DEVICES | TAR_UNPACK_PRIVILEGES;
	r = tar_unpack(&reader, &u, err);
	tar_reader_reset(&reader);
	if (r < 0 && d->err.code < 0)
		return err_set(err, d->err.code, "%s", d->err.msg);
	return r;
}

/* The name of a source in the archive; a folder "." or "/" has none there. */
static const char *own_name(const char *name)
{
	return streq(name, ".") || streq(name, "/") ? "" : name;
}

static int receive_tree(struct download *d, const char *path, const char *called, struct err *err)
{
	cleanup(cp_target_reset) struct cp_target target = { 0 };
	cleanup(cp_stat_reset) struct cp_stat stat = { 0 };
	cleanup_free char *name = path_base(path);
	const char *header = api_header(d->cp->c->api);
	cleanup_close int dir_fd = -1;
	int r;

	if (!name)
		return err_nomem(err);
	if (!header)
		return err_set(err, -EBADMSG, "moatd's answer lacks " CP_STAT_HEADER);
	r = cp_stat_parse(header, &stat, err);
	if (r == 0)
		r = open_destination(d->cp, stat.is_dir, &target, &dir_fd, err);
	if (r < 0)
		return r;
	return unpack_tree(d, name, target.name ? target.name : own_name(called ? called : name),
			   dir_fd, err);
}

static int to_output(struct download *d, struct err *err)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read_body(d, chunk, sizeof(chunk))) > 0) {
		int r = fd_write_all(STDOUT_FILENO, chunk, (size_t)n);

		if (r < 0)
			return err_errno(err, r, "write standard output");
	}
	return n < 0 ? err_set(err, (int)n, "%s", d->err.msg) : 0;
}

/* With -L, copies what the path leads to, under the path's own name. */
static int follow_source(struct cp *cp, char **path, char **called, struct err *err)
{
	cleanup(cp_stat_reset) struct cp_stat stat = { 0 };
	int r = cp_stat(cp, *path, &stat, err);

	if (r < 0 || !stat.target)
		return r;
	*called = path_base(*path);
	if (!*called)
		return err_nomem(err);
	free(*path);
	*path = take_ptr(stat.target);
	return 0;
}

/* Refuses to write a tar archive to a terminal. */
static int check_output(const struct cp *cp, struct err *err)
{
	if (!streq(cp->to, "-") || !isatty(STDOUT_FILENO))
		return 0;
	return err_set(err, -EINVAL,
		       "an archive is nothing for a terminal: name a folder, or "
		       "redirect standard output");
}

int cp_from_container(struct cp *cp, struct err *err)
{
	/* The path is cleaned as moatd does it, as names in the archive begin with its last
	 * part.  An empty path is sent as it is, and refused by moatd. */
	cleanup_free char *path = *cp->from ? path_clean(cp->from) : strdup("");
	cleanup_free char *called = NULL;
	cleanup(buf_reset) struct buf url = BUF_INIT;
	struct download d = { .cp = cp };
	int r = path ? check_output(cp, err) : err_nomem(err);

	if (r == 0 && cp->follow)
		r = follow_source(cp, &path, &called, err);
	if (r == 0)
		r = cp_archive_path(cp, path, &url, err);
	if (r == 0 && !streq(cp->to, "-"))
		r = cli_query(&url, "sparse", "1", err);
	if (r == 0)
		r = begin_download(&d, url.data, err);
	if (r == 0)
		r = streq(cp->to, "-") ? to_output(&d, err) : receive_tree(&d, path, called, err);
	if (!api_done(cp->c->api))
		api_disconnect(cp->c->api);
	buf_reset(&d.data);
	return r;
}
