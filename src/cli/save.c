/* SPDX-License-Identifier: Apache-2.0 */
/* moat image save, moat export */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"

static int on_body(const void *data, size_t len, void *arg)
{
	const int *fd = arg;

	return fd_write_all(*fd, data, len);
}

static int make_path(const struct cli *c, struct buf *path, struct err *err)
{
	int r = buf_adds(path, API_BASE "/images/get") < 0 ? err_nomem(err) : 0;

	for (size_t i = 0; r == 0 && i < c->opt.n_args; i++)
		r = cli_query(path, "names", c->opt.args[i], err);
	if (r == 0)
		r = cli_query(path, "platform", options_value(&c->opt, "platform"), err);
	if (r == 0 && options_flag(&c->opt, "all-platforms"))
		r = cli_query(path, "allPlatforms", "1", err);
	return r;
}

static int save_images(struct cli *c, const char *path, int fd, struct err *err)
{
	struct api_request rq = { .method = "GET", .path = path, .on_body = on_body, .arg = &fd };
	int r = api_call(c->api, &rq, NULL, err);

	return r < 0 ? r : 0;
}

/* The archive gets its name when it is complete. */
static int save_to(struct cli *c, const char *path, const char *file, struct err *err)
{
	cleanup_free char *part = str_printf("%s.part-%d", file, (int)getpid());
	cleanup_close int fd = -1;
	int r;

	if (!part)
		return err_nomem(err);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, -errno, "%s", part);
	r = save_images(c, path, fd, err);
	if (r == 0 && (fsync(fd) < 0 || rename(part, file) < 0))
		r = err_errno(err, -errno, "%s", file);
	if (r < 0)
		(void)unlink(part);
	return r;
}

/* Saves to the file in --output, or to standard output. */
static int save_body(struct cli *c, const char *path, struct err *err)
{
	const char *file = options_value(&c->opt, "output");

	if (!file && isatty(STDOUT_FILENO))
		return err_set(err, -EINVAL,
			       "an archive is nothing for a terminal: name a file with -o");
	return file ? save_to(c, path, file, err) : save_images(c, path, STDOUT_FILENO, err);
}

int command_image_save(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	int r = make_path(c, &path, err);

	if (r == 0)
		r = save_body(c, path.data, err);
	return r;
}

int command_export(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	int r = cli_path(&path, "containers", c->opt.args[0], "export", err);

	if (r == 0)
		r = cli_query(&path, "sparse", "1", err);
	if (r == 0)
		r = save_body(c, path.data, err);
	return r;
}
