/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/flatten/flatten.h"

/*
 * The input is one layer, applied twice, so that it meets itself as a lower layer: the whole way
 * from packed bytes to the finished image.
 */

static const struct flatten_limits limits = {
	.max_bytes = 16 << 20,
	.max_entries = 10000,
	.max_memory = 16 << 20,
	.ratio_from = 16 << 20,
	.ratio_max = 400,
	.inline_bytes = 64 << 10,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int in_fd = memfd_create("layer", MFD_CLOEXEC);
	int out_fd = memfd_create("image", MFD_CLOEXEC);
	struct flatten_layer layers[2] = { { .fd = in_fd }, { .fd = in_fd } };
	const struct flatten_input in = { layers, 2, limits };
	struct err err;

	if (in_fd < 0 || out_fd < 0 || fd_write_all(in_fd, data, len) < 0)
		abort();
	flatten(&in, out_fd, NULL, &err);
	close(in_fd);
	close(out_fd);
	return 0;
}
