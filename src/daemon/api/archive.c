/* SPDX-License-Identifier: Apache-2.0 */
/* A container's files: archive (docker cp), export, changes (docker diff). */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/container/stored.h"
#include "daemon/container/table.h"
#include "daemon/container/transition.h"
#include "daemon/files/files.h"
#include "daemon/files/path.h"
#include "daemon/files/write.h"
#include "image/archive/inflate.h"

#define TYPE_TAR	  "application/x-tar"
#define STAT_HEADER	  "X-Docker-Container-Path-Stat"
#define CHANGES_MAX_BYTES (64u << 20)
#define CHANGES_MAX	  2000000u

/* Errors as docker answers them: the request is at fault, unless something is missing. */
static int docker_code(int code)
{
	switch (code) {
	case -ENOTDIR:
	case -ELOOP:
	case -EEXIST:
	case -EOPNOTSUPP:
		return -EINVAL;
	case -EROFS:
		return -EACCES;
	default:
		return code;
	}
}

static int explain_failure(const char *name, int code, struct err *err)
{
	cleanup_free char *text = strdup(err->msg);

	if (code == -ENOENT && text && str_starts(text, "Could not find the file"))
		return err_set(err, code, "%s in container %s", text, name);
	return docker_code(code);
}

static int begin_files(struct request *rq, struct link_files *what, struct files *ret,
		       struct err *err)
{
	cleanup_container struct container *c = NULL;
	int r = containers_find(rq->api->containers, rq->target, &c, err);

	if (r < 0)
		return r;
	ret->client_fd = rq->client_fd;
	r = files_open(c, what, ret, err);
	return r < 0 ? explain_failure(rq->target, r, err) : 0;
}

static int read_archive_path(const struct request *rq, char **ret, struct err *err)
{
	int r = files_clean_path(request_arg(rq, "path"), ret, err);
	cleanup_json json_t *text = r == 0 ? json_string(*ret) : NULL;

	if (r == 0 && !text)
		return err_set(err, -EINVAL, "moat cannot reach names that are not UTF-8");
	return r;
}

static int reply_stat(const struct request *rq, struct files *f, const char *path, struct reply *rp,
		      struct err *err)
{
	struct link_stat s = { 0 };
	int r = files_read_stat(f, &s, err);

	if (r < 0)
		return explain_failure(rq->target, r, err);
	rp->header = STAT_HEADER;
	rp->header_value = files_stat_header(path, &s);
	link_stat_reset(&s);
	return rp->header_value ? 0 : err_nomem(err);
}

int api_archive_stat(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(link_files_reset) struct link_files what = { .op = LINK_FILES_STAT };
	cleanup(files_close) struct files f = FILES_INIT;
	int r = read_archive_path(rq, &what.path, err);

	if (r == 0)
		r = begin_files(rq, &what, &f, err);
	if (r == 0)
		r = reply_stat(rq, &f, what.path, rp, err);
	return r < 0 ? r : reply_empty(rp, 200);
}

static ssize_t tar_stream_read(void *arg, char *data, size_t max)
{
	struct files *f = arg;
	struct err err = { 0 };
	ssize_t n = files_read(f, data, max, &err);

	if (n < 0)
		log_warning("files of container %.12s: %s", f->c->rec.id, err.msg);
	return n;
}

static void tar_stream_free(void *arg)
{
	files_close(arg);
	free(arg);
}

DEFINE_CLEANUP(struct files, tar_stream_free)

static const struct stream stream = { tar_stream_read, tar_stream_free };

/* Return: to be given to @stream; NULL when out of memory. */
static struct files *new_tar_stream(void)
{
	struct files *f = malloc(sizeof(*f));

	if (f)
		*f = FILES_INIT;
	return f;
}

static void publish_files(const struct files *f, const char *action)
{
	container_publish(f->c, action, NULL);
}

/* Holes are sent to moat's own client only: not all of docker's can read such a tar. */
static uint32_t sparse_flag(const struct request *rq)
{
	return request_flag(rq, "sparse", false) ? LINK_FILES_SPARSE : 0;
}

int api_archive_get(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(link_files_reset) struct link_files what = { .op = LINK_FILES_GET };
	cleanup(tar_stream_free_cleanup_fn) struct files *f = new_tar_stream();
	int r = f ? read_archive_path(rq, &what.path, err) : err_nomem(err);

	what.flags = sparse_flag(rq);
	if (r == 0)
		r = begin_files(rq, &what, f, err);
	if (r == 0)
		r = reply_stat(rq, f, what.path, rp, err);
	if (r < 0)
		return r;
	publish_files(f, "archive-path");
	return reply_stream(rp, TYPE_TAR, &stream, take_ptr(f));
}

/* Reads whom new files are to belong to: the user that the container's process runs as, where the
 * client asks for that. */
static int read_copy_owner(const struct request *rq, char **ret, struct err *err)
{
	cleanup(stored_reset) struct stored stored = { 0 };
	cleanup_container struct container *c = NULL;
	int r;

	if (!request_flag(rq, "copyUIDGID", false))
		return 0;
	r = containers_find(rq->api->containers, rq->target, &c, err);
	if (r == 0)
		r = stored_read(rq->api->state, c->rec.id, &stored, err);
	if (r < 0)
		return r;
	*ret = strdup(stored.rt->process->user ? stored.rt->process->user : "");
	return *ret ? 0 : err_nomem(err);
}

/* Looks at the first bytes: is the stream compressed?  Where the operation ends before there are
 * any, what is left to do is to hear why. */
static int open_archive(const struct files *f, const struct request *rq, struct inflate *ret,
			struct err *err)
{
	int r = files_await_input(f, rq->body_fd, err);

	ret->fd = rq->body_fd;
	return r > 0 ? inflate_open(rq->api->store, rq->body_fd, ret, err) : r;
}

/* A stream that breaks off because it could not be decompressed looks damaged to the guest. */
static int write_archive(struct files *f, struct inflate *in, struct err *err)
{
	struct err why = { 0 };
	int r = files_write_from(f, in->fd, err);

	if (inflate_end(in, &why) < 0)
		return err_set(err, why.code, "%s", why.msg);
	return r;
}

int api_archive_put(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(link_files_reset) struct link_files what = { .op = LINK_FILES_PUT };
	cleanup(files_close) struct files f = FILES_INIT;
	cleanup(inflate_close) struct inflate in = INFLATE_INIT;
	int r = read_archive_path(rq, &what.path, err);

	if (request_flag(rq, "noOverwriteDirNonDir", false))
		what.flags |= LINK_FILES_KEEP_FOLDERS;
	if (r == 0)
		r = read_copy_owner(rq, &what.user, err);
	if (r == 0)
		r = begin_files(rq, &what, &f, err);
	if (r == 0)
		r = open_archive(&f, rq, &in, err);
	if (r < 0)
		return r;
	r = write_archive(&f, &in, err);
	if (r < 0)
		return explain_failure(rq->target, r, err);
	publish_files(&f, "extract-to-dir");
	return reply_empty(rp, 200);
}

int api_container_export(struct request *rq, struct reply *rp, struct err *err)
{
	struct link_files what = { .op = LINK_FILES_EXPORT, .flags = sparse_flag(rq) };
	cleanup(tar_stream_free_cleanup_fn) struct files *f = new_tar_stream();
	int r = f ? begin_files(rq, &what, f, err) : err_nomem(err);

	if (r < 0)
		return r;
	publish_files(f, "export");
	return reply_stream(rp, TYPE_TAR, &stream, take_ptr(f));
}

static int too_many_changes(struct err *err)
{
	return err_set(err, -EFBIG, "the container has too many changes to list");
}

static int read_changes(struct files *f, struct buf *ret, struct err *err)
{
	for (;;) {
		ssize_t n;

		if (ret->len > CHANGES_MAX_BYTES)
			return too_many_changes(err);
		if (buf_reserve(ret, 65536) < 0)
			return err_nomem(err);
		n = files_read(f, ret->data + ret->len, 65536, err);
		if (n <= 0)
			return (int)n;
		ret->len += (size_t)n;
	}
}

struct change {
	int kind;
	const char *path;
};

static int compare_changes(const void *a, const void *b)
{
	const struct change *one = a, *two = b;

	return strcmp(one->path, two->path);
}

/* Records of a letter, a path, and a NUL. */
static int split_changes(const struct buf *b, struct change **ret, size_t *ret_n)
{
	static const char letters[] = "CAD";
	struct change *list = NULL;
	size_t n = 0;

	for (const char *at = b->data, *end = at + b->len; at < end; at += strlen(at) + 1) {
		const char *letter = *at ? strchr(letters, *at) : NULL;
		struct change *more = list;

		if (!letter || at[1] != '/' || !memchr(at, '\0', (size_t)(end - at)) ||
		    n >= CHANGES_MAX) {
			free(list);
			return n >= CHANGES_MAX ? -EFBIG : -EBADMSG;
		}
		if ((n & (n - 1)) == 0)
			more = reallocarray(list, n > 0 ? 2 * n : 1, sizeof(*list));
		if (!more) {
			free(list);
			return -ENOMEM;
		}
		list = more;
		list[n++] = (struct change){ (int)(letter - letters), at + 1 };
	}
	if (n > 0)
		qsort(list, n, sizeof(*list), compare_changes);
	*ret = list;
	*ret_n = n;
	return 0;
}

/* As text at once: there may be millions, and each would be hundreds of bytes as a value. */
static int add_change(struct buf *ret, const struct change *c)
{
	cleanup_json json_t *value =
		json_pack("{s:o, s:i}", "Path", json_utf8(c->path), "Kind", c->kind);
	cleanup_free char *text = value ? json_write(value) : NULL;
	int r = text ? 0 : -ENOMEM;

	if (r == 0 && ret->len > 1)
		r = buf_adds(ret, ",");
	return r == 0 ? buf_adds(ret, text) : r;
}

static int reply_changes(struct reply *rp, const struct change *list, size_t n, struct err *err)
{
	int r = reply_text(rp, 200, TYPE_JSON, "[", err);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_change(&rp->body, &list[i]);
	if (r == 0)
		r = buf_adds(&rp->body, "]\n");
	return r < 0 ? err_nomem(err) : 0;
}

int api_container_changes(struct request *rq, struct reply *rp, struct err *err)
{
	struct link_files what = { .op = LINK_FILES_CHANGES };
	cleanup(files_close) struct files f = FILES_INIT;
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_free struct change *list = NULL;
	size_t n = 0;
	int r = begin_files(rq, &what, &f, err);

	if (r == 0)
		r = read_changes(&f, &b, err);
	if (r < 0)
		return r;
	r = b.len > 0 ? split_changes(&b, &list, &n) : 0;
	if (r == -EFBIG)
		return too_many_changes(err);
	if (r < 0)
		return err_set(err, -EIO, "the guest's list of changes makes no sense");
	return reply_changes(rp, list, n, err);
}
