/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moat image load: from a file, a pipe, or a folder, which is packed while it is sent.  Of a folder
 * with an OCI layout only the layout's own files are sent, so that a store of images can be named,
 * too.
 */
#include "cli/load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/tar-upload.h"
#include "client/upload.h"
#include "tar/pack.h"

struct sent {
	struct progress *progress;
	uint64_t total_bytes; /* 0: not known */
};

static void report_sent(void *arg, uint64_t bytes)
{
	const struct sent *s = arg;

	progress_moved(s->progress, "Archive", "Loading", bytes, s->total_bytes);
}

/* @name: "-" or NULL is standard input.  @ret_fd: owned, a duplicate of standard input too. */
static int open_input(const char *name, int *ret_fd, struct err *err)
{
	int fd;

	if (name && !streq(name, "-"))
		fd = open(name, O_RDONLY | O_CLOEXEC);
	else if (isatty(STDIN_FILENO))
		return err_set(err, -EINVAL,
			       "no archive: standard input is a terminal; name a file");
	else
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return err_errno(err, -errno, "open %s", name ? name : "standard input");
	*ret_fd = fd;
	return 0;
}

static int send_file(struct cli *c, struct api_request *rq, struct sent *sent, int fd,
		     struct err *err)
{
	struct stat sb;
	int r;

	if (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode))
		sent->total_bytes = (uint64_t)sb.st_size;
	rq->on_sent = report_sent;
	rq->sent_arg = sent;
	r = api_upload(c->api, rq, fd, NULL, err);
	return r < 0 ? r : 0;
}

int archive_upload(struct cli *c, const char *path, const char *file, struct err *err)
{
	cleanup(progress_reset) struct progress progress;
	struct api_request rq = { .method = "POST", .path = path, .on_body = json_lines_feed };
	struct sent sent = { .progress = &progress };
	cleanup_close int fd = -1;
	int r = progress_begin(&progress, c, stdout, err);

	rq.arg = &progress.lines;
	if (r == 0)
		r = open_input(file, &fd, err);
	if (r == 0)
		r = send_file(c, &rq, &sent, fd, err);
	return progress_end(&progress, r, err);
}

static bool has_file(int folder_fd, const char *name)
{
	return faccessat(folder_fd, name, R_OK, 0) == 0;
}

/* Chooses which of the folder's members are sent; NULL-terminated. */
static int choose_members(int fd, const char *path, const char *const **ret, struct err *err)
{
	static const char *const layout[] = { "oci-layout", "index.json", "blobs", NULL };
	static const char *const both[] = { "oci-layout", "index.json", "blobs", "manifest.json",
					    NULL };
	static const char *const docker[] = { ".", NULL };

	if (has_file(fd, "oci-layout") && has_file(fd, "index.json"))
		*ret = has_file(fd, "manifest.json") ? both : layout;
	else if (has_file(fd, "manifest.json"))
		*ret = docker;
	else
		return err_set(err, -EINVAL,
			       "%s holds no images: there is no index.json with an oci-layout, "
			       "and no manifest.json",
			       path);
	return 0;
}

static int send_folder(struct cli *c, struct api_request *rq, int fd, const char *const *members,
		       struct err *err)
{
	struct tar_upload u = { .api = c->api };
	cleanup(tar_pack_reset) struct tar_pack p = { .write = tar_upload_write,
						      .arg = &u,
						      .flags = TAR_PACK_ROOT_OWNS };
	int r = api_upload_begin(c->api, rq, err);

	if (r < 0)
		return r;
	for (; r == 0 && *members; members++)
		r = tar_pack_tree(&p, fd, *members, streq(*members, ".") ? "" : *members, err);
	if (r == 0)
		r = tar_pack_end(&p, err);
	return tar_upload_end(&u, r, err);
}

/* @target: path of the request; @path: the folder */
static int load_folder(struct cli *c, const char *target, const char *path, int fd, struct err *err)
{
	cleanup(progress_reset) struct progress progress;
	struct api_request rq = { .method = "POST", .path = target, .on_body = json_lines_feed };
	const char *const *members = NULL;
	int r = progress_begin(&progress, c, stdout, err);

	rq.arg = &progress.lines;
	if (r == 0)
		r = choose_members(fd, path, &members, err);
	if (r == 0)
		r = send_folder(c, &rq, fd, members, err);
	r = progress_end(&progress, r, err);
	return r < 0 ? r : 0;
}

static int load_input(struct cli *c, const char *input, struct err *err)
{
	cleanup(buf_reset) struct buf target = BUF_INIT;
	cleanup_close int fd = -1;
	int r = buf_adds(&target, API_BASE "/images/load") < 0 ? err_nomem(err) : 0;

	if (r == 0)
		r = cli_query(&target, "platform", options_value(&c->opt, "platform"), err);
	if (r < 0)
		return r;
	if (input && !streq(input, "-"))
		fd = open(input, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? load_folder(c, target.data, input, fd, err)
		       : archive_upload(c, target.data, input, err);
}

int command_image_load(struct cli *c, struct err *err)
{
	return load_input(c, options_value(&c->opt, "input"), err);
}
