/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/layer-apply.h"
#include "layer-util.h"

/* A tree to which layers are applied, one after the other. */
struct bench {
	struct layer_common common;
	struct tree *tree;
	struct erofs_out out;
	uint32_t n_layers;
	struct err err;
};

/* For cmocka; *state is a struct bench. */
int bench_setup(void **state);
int bench_teardown(void **state);

/** apply() - apply a layer that is right; closes @fd */
void apply(struct bench *b, int fd);

/** assert_refused() - a layer is refused as malformed, saying @message; closes @fd */
void assert_refused(struct bench *b, int fd, const char *message);

/** look() - the inode at a path; NULL when there is none */
struct tree_inode *look(struct bench *b, const char *path);

/** assert_content() - a small file or a symbolic link has this content */
void assert_content(struct bench *b, const char *path, const char *content);

#define BENCH_CASE(name, f)                                                                        \
	{                                                                                          \
		name, f, bench_setup, bench_teardown                                               \
	}
