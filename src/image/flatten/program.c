/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/program.h"

#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/macro.h"
#include "image/flatten/erofs.h"
#include "image/flatten/tree-path.h"

#define PROGRAM_MAX MIB(16)
#define LAYER	    1

DEFINE_CLEANUP(struct tree, tree_free)

/* The files that moat-init reads when a container starts. */
static const struct {
	const char *path;
	const char *text;
} files[] = {
	{ "etc/passwd", "root:x:0:0:root:/:/\n" },
	{ "etc/group", "root:x:0:\n" },
	{ "etc/hosts", "127.0.0.1\tlocalhost\n" },
};

static int put_file(struct tree *t, const char *path, uint32_t mode, struct tree_inode **ret)
{
	struct tree_place place;
	int r = tree_walk(t, path, LAYER, &place);

	if (r == 0)
		r = tree_inode_new(t, S_IFREG | mode, ret);
	return r == 0 ? tree_link(t, &place, LAYER, *ret) : r;
}

static int put_program(struct tree *t, struct erofs_out *out, const char *name,
		       const struct buf *program)
{
	struct tree_inode *inode;
	int r = put_file(t, name, 0755, &inode);

	if (r == 0)
		r = erofs_out_place(out, program->len, &inode->pos);
	if (r < 0)
		return r;
	inode->size_bytes = program->len;
	return erofs_out_append(out, program->data, program->len);
}

static int put_files(struct tree *t)
{
	struct tree_inode *inode;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(files); i++) {
		r = put_file(t, files[i].path, 0644, &inode);
		if (r == 0)
			tree_inode_keep(inode, files[i].text, strlen(files[i].text));
	}
	return r;
}

int program_image(const char *name, int fd, int out_fd, struct err *err)
{
	static const struct tree_limits limits = { .max_entries = 16, .max_bytes = MIB(1) };
	static const uint8_t uuid[EROFS_UUID_LEN] = { 0 };
	cleanup(tree_free_cleanup_fn) struct tree *tree = NULL;
	cleanup(erofs_out_reset) struct erofs_out out = { 0 };
	cleanup(buf_reset) struct buf program = BUF_INIT;
	struct erofs_space space;
	int r = fd_read_file(fd, PROGRAM_MAX, &program);

	erofs_space_init(&space);
	if (r == 0)
		r = tree_new(&limits, &tree);
	if (r == 0)
		r = erofs_out_init(&out, out_fd, &space);
	if (r == 0)
		r = put_program(tree, &out, name, &program);
	if (r == 0)
		r = put_files(tree);
	if (r < 0)
		return err_errno(err, r, "image of %s", name);
	return erofs_write(tree, &out, uuid, err);
}
