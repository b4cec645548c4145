/* SPDX-License-Identifier: Apache-2.0 */
#include "image/program.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/macro.h"
#include "image/erofs.h"

#define PROGRAM_MAX MIB(16)

DEFINE_CLEANUP(struct tree, tree_free)

static int put_program(struct tree *t, struct erofs_out *out, const char *name,
		       const struct buf *program)
{
	struct tree_inode *inode;
	int r = erofs_out_align(out);

	if (r == 0)
		r = tree_inode_new(t, S_IFREG | 0755, &inode);
	if (r < 0)
		return r;
	inode->pos = out->pos;
	inode->size_bytes = program->len;
	r = tree_link(t, t->root, name, strlen(name), 1, inode);
	return r == 0 ? erofs_out_append(out, program->data, program->len) : r;
}

int program_image(const char *name, int fd, int out_fd, struct err *err)
{
	static const struct tree_limits limits = { .max_entries = 16, .max_bytes = MIB(1) };
	static const uint8_t uuid[EROFS_UUID_LEN] = { 0 };
	cleanup(tree_free_cleanup_fn) struct tree *tree = NULL;
	cleanup(erofs_out_reset) struct erofs_out out = { 0 };
	cleanup(buf_reset) struct buf program = BUF_INIT;
	int r = fd_read_file(fd, PROGRAM_MAX, &program);

	if (r == 0)
		r = tree_new(&limits, &tree);
	if (r == 0)
		r = erofs_out_init(&out, out_fd);
	if (r == 0)
		r = put_program(tree, &out, name, &program);
	if (r < 0)
		return err_errno(err, r, "image of %s", name);
	return erofs_write(tree, &out, uuid, err);
}
