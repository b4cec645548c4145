/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Files are packed while they are sent; nothing is kept.  A symbolic link on
 * the command line is copied as a link, unless -L asks for what it leads to, or a slash at its end
 * says that it is a folder.
 */
#include "cli/cp-to.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path-text.h"
#include "base/str.h"
#include "cli/cp-plan.h"
#include "cli/cp.h"
#include "cli/tar-upload.h"
#include "client/upload.h"
#include "tar/pack.h"

/* The file or folder to be packed: @name in the folder @dir_fd, to be called @as. */
struct source {
	int dir_fd;
	char *name, *as;
	bool is_dir;
};

static void source_reset(struct source *s)
{
	cleanup_close_fn(&s->dir_fd);
	free(s->name);
	free(s->as);
}

/* Must the source be resolved first?  It must where its last part is "..", or a link to be
 * followed. */
static bool needs_real_path(const struct cp *cp, const char *base)
{
	return cp->follow || streq(base, "..") ||
	       (str_ends(cp->from, "/") && !path_is_dot(cp->from));
}

static int find_source(const struct cp *cp, struct source *s, struct err *err)
{
	cleanup_free char *base = path_base(cp->from), *path = strdup(cp->from), *dir = NULL;
	struct stat sb;

	if (!base || !path)
		return err_nomem(err);
	if (needs_real_path(cp, base) && !path_is_dot(cp->from) && !streq(base, "/")) {
		free(path);
		path = realpath(cp->from, NULL);
		if (!path)
			return err_errno(err, -errno, "%s", cp->from);
	}
	dir = path_is_dot(path) || streq(base, "/") ? strdup(path) : path_dir(path);
	s->name = path_is_dot(path) || streq(base, "/") ? strdup(".") : path_base(path);
	s->as = streq(base, "..") ? path_base(path) : strdup(streq(base, "/") ? "." : base);
	if (!dir || !s->name || !s->as)
		return err_nomem(err);
	s->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0 || fstatat(s->dir_fd, s->name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, -errno, "%s", cp->from);
	s->is_dir = S_ISDIR(sb.st_mode);
	return 0;
}

/* A destination that is a symbolic link is followed: the copy replaces what it leads to. */
static int find_destination(struct cp *cp, struct cp_side *ret, struct err *err)
{
	cleanup(cp_stat_reset) struct cp_stat stat = { 0 };
	int r;

	ret->path = strdup(cp->to);
	r = ret->path ? cp_stat(cp, ret->path, &stat, err) : err_nomem(err);
	if (r == 0 && stat.target) {
		free(ret->path);
		ret->path = take_ptr(stat.target);
		r = cp_stat(cp, ret->path, &stat, err);
	}
	if (r == -ENOENT)
		return 0;
	ret->exists = r == 0;
	ret->is_dir = stat.is_dir;
	return r;
}

static int describe_upload(struct cp *cp, const char *dir, struct buf *path, struct api_request *rq,
			   struct err *err)
{
	int r = cp_archive_path(cp, dir, path, err);

	if (r == 0)
		r = cli_query(path, "noOverwriteDirNonDir", "true", err);
	*rq = (struct api_request){ .method = "PUT", .path = path->data };
	return r;
}

static int pack_source(struct cp *cp, const struct source *s, struct err *err)
{
	struct tar_upload u = { .api = cp->c->api };
	cleanup(tar_pack_reset) struct tar_pack p = {
		.write = tar_upload_write,
		.arg = &u,
		.flags = TAR_PACK_SPARSE |
			 (cp->archive ? TAR_PACK_XATTRS : (unsigned)TAR_PACK_ROOT_OWNS),
	};
	int r = tar_pack_tree(&p, s->dir_fd, s->name, s->as, err);

	if (r == 0)
		r = tar_pack_end(&p, err);
	r = tar_upload_end(&u, r, err);
	cp->bytes += u.bytes;
	return r;
}

static int send_tree(struct cp *cp, struct source *s, struct err *err)
{
	cleanup(cp_target_reset) struct cp_target target = { 0 };
	cleanup(cp_side_reset) struct cp_side to = { 0 };
	cleanup(buf_reset) struct buf path = BUF_INIT;
	struct api_request rq;
	int r = find_destination(cp, &to, err);

	if (r == 0)
		r = cp_plan(s->is_dir, &to, &target, err);
	if (r == 0)
		r = describe_upload(cp, target.dir, &path, &rq, err);
	if (r < 0)
		return r;
	if (target.name) {
		free(s->as);
		s->as = take_ptr(target.name);
	}
	r = api_upload_begin(cp->c->api, &rq, err);
	if (r < 0)
		return r;
	return pack_source(cp, s, err);
}

static int send_input(struct cp *cp, struct err *err)
{
	cleanup(cp_side_reset) struct cp_side to = { 0 };
	cleanup(buf_reset) struct buf path = BUF_INIT;
	struct api_request rq;
	int r = find_destination(cp, &to, err);

	/* Where nothing exists, moatd's answer to the upload says what is missing. */
	if (r == 0 && to.exists && !to.is_dir)
		r = err_set(err, -ENOTDIR, "destination \"%s:%s\" must be a directory",
			    cp->container, cp->to);
	if (r == 0)
		r = describe_upload(cp, to.path, &path, &rq, err);
	if (r == 0)
		r = api_upload(cp->c->api, &rq, STDIN_FILENO, NULL, err);
	return r < 0 ? r : 0;
}

int cp_to_container(struct cp *cp, struct err *err)
{
	cleanup(source_reset) struct source s = { .dir_fd = -1 };
	int r;

	if (streq(cp->from, "-"))
		return send_input(cp, err);
	r = find_source(cp, &s, err);
	return r == 0 ? send_tree(cp, &s, err) : r;
}
