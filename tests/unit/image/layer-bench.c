/* SPDX-License-Identifier: Apache-2.0 */
#include "layer-bench.h"
#include "image/flatten/tree-path.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct flatten_limits roomy = {
	.max_bytes = 1 << 30,
	.max_entries = 100000,
	.max_memory = 64 << 20,
	.ratio_from = 1 << 30,
	.ratio_max = 400,
	.inline_bytes = 1 << 20,
};

int bench_setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct tree_limits limits = { .max_entries = roomy.max_entries };

	assert_non_null(b);
	layer_common_init(&b->common, &roomy);
	limits.budget = &b->common.memory;
	assert_int_equal(
		erofs_out_init(&b->out, memfd_create("out", MFD_CLOEXEC), &b->common.space), 0);
	assert_int_equal(tree_new(&limits, &b->tree), 0);
	*state = b;
	return 0;
}

int bench_teardown(void **state)
{
	struct bench *b = *state;

	close(b->out.fd);
	erofs_out_reset(&b->out);
	tree_free(b->tree);
	free(b);
	return 0;
}

static int try_apply(struct bench *b, int fd)
{
	const struct flatten_layer layer = { .fd = fd };
	struct layer_log log;
	const struct layer_reading in = {
		.layer = &layer, .common = &b->common, .out = &b->out, .log = &log
	};
	char hex[HASH_HEX_MAX + 1];
	int r;

	layer_log_init(&log, &b->common.memory);
	r = layer_read(&in, hex, &b->err);
	if (r == 0)
		r = layer_apply(b->tree, &log, ++b->n_layers, &roomy, &b->err);
	layer_log_reset(&log);
	close(fd);
	return r;
}

void apply(struct bench *b, int fd)
{
	if (try_apply(b, fd) < 0)
		fail_msg("%s", b->err.msg);
}

void assert_refused(struct bench *b, int fd, const char *message)
{
	assert_int_equal(try_apply(b, fd), -EBADMSG);
	if (!strstr(b->err.msg, message))
		fail_msg("\"%s\" does not say \"%s\"", b->err.msg, message);
}

struct tree_inode *look(struct bench *b, const char *path)
{
	struct tree_place at;
	struct tree_entry *e;

	assert_int_equal(tree_walk(b->tree, path, 0, &at), 0);
	e = at.dir ? tree_find(b->tree, at.dir, at.name, at.len) : NULL;
	return e ? e->inode : NULL;
}

void assert_content(struct bench *b, const char *path, const char *content)
{
	struct tree_inode *i = look(b, path);

	assert_non_null(i);
	assert_int_equal(i->size_bytes, strlen(content));
	assert_memory_equal(i->data, content, strlen(content));
}
