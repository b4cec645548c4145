/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"

const struct flatten_limits product = {
	.max_bytes = UNPACK_MAX_BYTES,
	.max_entries = UNPACK_MAX_ENTRIES,
	.max_memory = UNPACK_MAX_MEMORY,
	.ratio_from = UNPACK_RATIO_FROM,
	.ratio_max = UNPACK_RATIO_MAX,
	.inline_bytes = UNPACK_INLINE_BYTES,
};

int sample(int filter)
{
	struct archive *a = tar_begin(filter);
	char *data = malloc(200000);

	assert_non_null(data);
	for (int i = 0; i < 200000; i++)
		data[i] = (char)(((unsigned int)i * 2654435761u) >> 13);
	TAR_ADD(a, .path = "etc/", .mode = S_IFDIR | 0755, .mtime = 1000);
	TAR_ADD(a, .path = "etc/hostname", .content = "moat\n", .mtime = 1000);
	TAR_ADD(a, .path = "big", .content = data, .size = 200000, .mtime = 1001);
	free(data);
	return tar_end(a);
}

const int filters[N_FILTERS] = { ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD,
				 ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_BZIP2 };

void sample_diff_id(char ret[SHA256_HEX_LEN + 8])
{
	int fd = sample(ARCHIVE_FILTER_NONE);

	strcpy(ret, "sha256:");
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(hash_fd(fd, ret + 7), 0);
	close(fd);
}

int resized(int fd, off_t by)
{
	struct buf b = BUF_INIT;
	int new_fd;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fd_read_file(fd, 64 << 20, &b), 0);
	assert_int_equal(buf_add(&b, "trailing garbage", 16), 0);
	new_fd = memory_file(b.data, (size_t)((off_t)b.len - 16 + by));
	buf_reset(&b);
	close(fd);
	return new_fd;
}

int output(void)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

int flatten_one(int fd, const char *diff_id, const struct flatten_limits *limits,
		char ret_hex[SHA256_HEX_LEN + 1], struct err *err)
{
	struct flatten_layer layer = { .fd = fd, .diff_id = diff_id };
	const struct flatten_input in = { &layer, 1, *limits };
	int out_fd = output();
	int r = flatten(&in, out_fd, NULL, err);

	if (r == 0) {
		assert_int_equal(lseek(out_fd, 0, SEEK_SET), 0);
		assert_int_equal(hash_fd(out_fd, ret_hex), 0);
	}
	close(out_fd);
	return r;
}
