/* SPDX-License-Identifier: Apache-2.0 */
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "sample.h"

static void assert_refused(int fd, const char *diff_id, const struct flatten_limits *limits,
			   const char *message)
{
	char hex[SHA256_HEX_LEN + 1];
	struct err err = { 0 };

	assert_int_equal(flatten_one(fd, diff_id, limits, hex, &err), -EBADMSG);
	close(fd);
	if (!strstr(err.msg, message))
		fail_msg("\"%s\" does not say \"%s\"", err.msg, message);
}

static void test_compressions(void **state)
{
	char diff_id[SHA256_HEX_LEN + 8], hex[N_FILTERS][SHA256_HEX_LEN + 1];
	struct err err = { 0 };

	(void)state;
	sample_diff_id(diff_id);
	for (size_t i = 0; i < N_FILTERS; i++) {
		int fd = sample(filters[i]);

		if (flatten_one(fd, diff_id, &product, hex[i], &err) < 0)
			fail_msg("%s", err.msg);
		assert_string_equal(hex[i], hex[0]);
		close(fd);
	}
}

static void test_diff_id(void **state)
{
	char wrong[] = "sha256:0123456789012345678901234567890123456789012345678901234567890123";

	(void)state;
	assert_refused(sample(ARCHIVE_FILTER_GZIP), wrong, &product,
		       "layer 1: unpacked it is sha256:");
	assert_refused(sample(ARCHIVE_FILTER_NONE), "md5:0", &product,
		       "not a sha256 or sha512 digest");
}

static void test_truncated(void **state)
{
	static const off_t cuts[] = { -1, -4, -9, -100, -1000 };

	(void)state;
	for (size_t i = 1; i < N_FILTERS; i++) {
		for (size_t k = 0; k < sizeof(cuts) / sizeof(cuts[0]); k++)
			assert_refused(resized(sample(filters[i]), cuts[k]), NULL, &product,
				       "layer 1: ");
	}
}

static void test_trailing(void **state)
{
	(void)state;
	for (size_t i = 1; i < N_FILTERS; i++) {
		if (filters[i] == ARCHIVE_FILTER_GZIP)
			continue;
		assert_refused(resized(sample(filters[i]), 1), NULL, &product, "layer 1: ");
		assert_refused(resized(sample(filters[i]), 16), NULL, &product, "layer 1: ");
	}
}

static void assert_flattens(int fd, const char *diff_id)
{
	char hex[SHA256_HEX_LEN + 1];
	struct err err = { 0 };

	if (flatten_one(fd, diff_id, &product, hex, &err) < 0)
		fail_msg("%s", err.msg);
	close(fd);
}

static void test_trailing_gzip(void **state)
{
	char diff_id[SHA256_HEX_LEN + 8];

	(void)state;
	sample_diff_id(diff_id);
	assert_flattens(resized(sample(ARCHIVE_FILTER_GZIP), 1), diff_id);
	assert_flattens(resized(sample(ARCHIVE_FILTER_GZIP), 16), diff_id);
}

/* The tar of the sample as gzip members of @step bytes each. */
static int members_of(size_t step)
{
	cleanup(buf_reset) struct buf tar = BUF_INIT;
	int fd = sample(ARCHIVE_FILTER_NONE), out_fd = output();

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fd_read_file(fd, 64 << 20, &tar), 0);
	close(fd);
	for (size_t at = 0; at < tar.len; at += step) {
		struct archive *a = archive_write_new();
		struct archive_entry *e = archive_entry_new();
		size_t len = tar.len - at < step ? tar.len - at : step;

		archive_entry_set_filetype(e, AE_IFREG);
		archive_write_add_filter_gzip(a);
		archive_write_set_format_raw(a);
		archive_write_set_bytes_in_last_block(a, 1);
		assert_int_equal(archive_write_open_fd(a, out_fd), ARCHIVE_OK);
		assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
		assert_int_equal(archive_write_data(a, tar.data + at, len), len);
		assert_int_equal(archive_write_free(a), ARCHIVE_OK);
		archive_entry_free(e);
	}
	return out_fd;
}

static void test_members(void **state)
{
	char diff_id[SHA256_HEX_LEN + 8];

	(void)state;
	sample_diff_id(diff_id);
	assert_flattens(members_of(100), diff_id);
	assert_flattens(members_of(150000), diff_id);
	assert_refused(resized(members_of(100000), -20), diff_id, &product, "truncated gzip input");
}

/* A layer whose file grows while it is read. */
struct growth {
	int from_fd, fd, event_fd;
	size_t step, len;
};

static void *grow(void *arg)
{
	const struct growth *g = arg;
	char *data = malloc(g->len);

	assert_non_null(data);
	assert_int_equal(fd_pread_exact(g->from_fd, data, g->len, 0), 0);
	for (size_t at = 0; at < g->len; at += g->step) {
		uint64_t n = g->len - at < g->step ? g->len - at : g->step;

		assert_int_equal(fd_pwrite_all(g->fd, data + at, n, at), 0);
		assert_int_equal(fd_write_all(g->event_fd, &n, sizeof(n)), 0);
	}
	free(data);
	return NULL;
}

static void start_growth(int filter, size_t step, struct growth *g, pthread_t *ret)
{
	*g = (struct growth){ .from_fd = sample(filter),
			      .fd = output(),
			      .event_fd = eventfd(0, EFD_CLOEXEC),
			      .step = step };
	g->len = (size_t)lseek(g->from_fd, 0, SEEK_END);
	assert_int_equal(pthread_create(ret, NULL, grow, g), 0);
}

static void test_growing(void **state)
{
	struct flatten_layer layers[2 * N_FILTERS];
	const struct flatten_input in = { layers, ARRAY_SIZE(layers), product };
	struct growth growths[2 * N_FILTERS];
	pthread_t threads[2 * N_FILTERS];
	struct flatten_helpers *helpers;
	char diff_id[SHA256_HEX_LEN + 8];
	struct err err = { 0 };
	int out_fd = output();

	(void)state;
	sample_diff_id(diff_id);
	assert_int_equal(flatten_helpers_new(3, &helpers), 0);
	for (size_t i = 0; i < 2 * N_FILTERS; i++) {
		start_growth(filters[i % N_FILTERS], i < N_FILTERS ? 1 : 3000, &growths[i],
			     &threads[i]);
		layers[i] = (struct flatten_layer){ .fd = growths[i].fd,
						    .grows = true,
						    .event_fd = growths[i].event_fd,
						    .packed_bytes = growths[i].len,
						    .diff_id = diff_id };
	}
	if (flatten(&in, out_fd, helpers, &err) < 0)
		fail_msg("%s", err.msg);
	flatten_helpers_free(helpers);
	for (size_t i = 0; i < 2 * N_FILTERS; i++) {
		pthread_join(threads[i], NULL);
		close(growths[i].from_fd);
		close(growths[i].fd);
		close(growths[i].event_fd);
	}
	close(out_fd);
}

/* One layer is malformed, another one never comes: nobody waits for it. */
static void test_failure_ends_waiting(void **state)
{
	int event_fd = eventfd(0, EFD_CLOEXEC);
	struct flatten_layer layers[2] = {
		{ .fd = output(), .grows = true, .event_fd = event_fd, .packed_bytes = 100000 },
		{ .fd = TAR({ .path = "../x" }) }
	};
	const struct flatten_input in = { layers, 2, product };
	struct flatten_helpers *helpers;
	struct err err = { 0 };
	int out_fd = output();

	(void)state;
	assert_int_equal(flatten_helpers_new(1, &helpers), 0);
	assert_int_equal(flatten(&in, out_fd, helpers, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "layer 2: entry \"../x\" leaves the root"));
	flatten_helpers_free(helpers);
	close(layers[0].fd);
	close(layers[1].fd);
	close(event_fd);
	close(out_fd);
}

static void test_damaged(void **state)
{
	(void)state;
	for (size_t i = 1; i < N_FILTERS; i++) {
		char diff_id[SHA256_HEX_LEN + 8];
		int fd = sample(filters[i]);
		uint64_t middle = (uint64_t)lseek(fd, 0, SEEK_END) / 2;

		sample_diff_id(diff_id);
		assert_int_equal(fd_pwrite_all(fd, "XXXXXXXX", 8, middle), 0);
		assert_refused(fd, diff_id, &product, "layer 1: ");
	}
}

static void test_compressed_twice(void **state)
{
	struct archive *a = archive_write_new();
	int fd = output();

	(void)state;
	archive_write_add_filter_gzip(a);
	archive_write_add_filter_zstd(a);
	archive_write_set_format_pax(a);
	assert_int_equal(archive_write_open_fd(a, fd), ARCHIVE_OK);
	TAR_ADD(a, .path = "f", .content = "x");
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
	assert_refused(fd, NULL, &product, "compressed more than once");
}

static int zeros_layer(size_t size)
{
	struct archive *a = tar_begin(ARCHIVE_FILTER_ZSTD);
	char *zeros = calloc(1, size);

	assert_non_null(zeros);
	TAR_ADD(a, .path = "zeros", .content = zeros, .size = size);
	free(zeros);
	return tar_end(a);
}

static void test_bombs(void **state)
{
	struct flatten_limits limits = product;
	char hex[SHA256_HEX_LEN + 1];
	struct err err = { 0 };
	int fd = zeros_layer(8 << 20);

	(void)state;
	assert_int_equal(flatten_one(fd, NULL, &limits, hex, &err), 0);
	close(fd);
	limits.ratio_from = 1 << 20;
	assert_refused(zeros_layer(8 << 20), NULL, &limits, "refused as a bomb");
	limits = product;
	limits.max_bytes = (8 << 20) - 1;
	assert_refused(zeros_layer(8 << 20), NULL, &limits,
		       "layer 1: entry \"zeros\" makes the image larger than 8388607 bytes");
	limits = product;
	limits.max_entries = 3;
	assert_refused(TAR({ .path = "a" }, { .path = "b" }, { .path = ".wh.a" }, { .path = "d" }),
		       NULL, &limits, "more than 3 entries");
	limits = product;
	limits.max_memory = 10000;
	assert_refused(zeros_layer(1), NULL,
		       &(struct flatten_limits){ .max_entries = 9,
						 .max_bytes = 1,
						 .max_memory = 200,
						 .ratio_from = 1 << 20,
						 .ratio_max = 400 },
		       "take more than 200 bytes");
}

/* A frame of one block of zeros, by RLE, that says how much its decoder must be able to look back:
 * two to the power of @log. */
static int zstd_of_window(unsigned int log)
{
	const uint8_t frame[] = { 0x28,	      0xB5,	 0x2F, 0xFD, 0, (uint8_t)((log - 10) << 3),
				  1 | 1 << 1, 1024 >> 5, 0,    0 };
	int fd = output();

	assert_int_equal(fd_pwrite_all(fd, frame, sizeof(frame), 0), 0);
	return fd;
}

static void test_windows(void **state)
{
	char hex[SHA256_HEX_LEN + 1];
	struct err err = { 0 };
	int fd = zstd_of_window(27);

	(void)state;
	assert_int_equal(flatten_one(fd, NULL, &product, hex, &err), 0);
	close(fd);
	assert_refused(zstd_of_window(31), NULL, &product, "too much memory");
	assert_refused(zstd_of_window(41), NULL, &product, "too much memory");
}

static void test_bytes_count_over_layers(void **state)
{
	struct flatten_layer layers[2];
	struct flatten_input in = { layers, 2, product };
	struct err err = { 0 };
	int out_fd = output();

	(void)state;
	in.limits.max_bytes = 3 << 19;
	layers[0] = (struct flatten_layer){ .fd = zeros_layer(1 << 20) };
	layers[1] = layers[0];
	assert_int_equal(flatten(&in, out_fd, NULL, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "layer 2: "));
	close(layers[0].fd);
	close(out_fd);
}

/* With and without room for small files beside their inodes the content is the same. */
static void test_inline_budget(void **state)
{
	struct flatten_limits limits = product;
	char hex[SHA256_HEX_LEN + 1], other[SHA256_HEX_LEN + 1];
	struct err err = { 0 };
	int fd = sample(ARCHIVE_FILTER_NONE);

	(void)state;
	assert_int_equal(flatten_one(fd, NULL, &limits, hex, &err), 0);
	limits.inline_bytes = 0;
	assert_int_equal(flatten_one(fd, NULL, &limits, other, &err), 0);
	assert_string_not_equal(hex, other);
	close(fd);
}

static void test_full_disk(void **state)
{
	struct flatten_layer layer = { .fd = sample(ARCHIVE_FILTER_GZIP) };
	const struct flatten_input in = { &layer, 1, product };
	int full_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct err err = { 0 };

	(void)state;
	assert_true(full_fd >= 0);
	assert_int_equal(flatten(&in, full_fd, NULL, &err), -ENOSPC);
	assert_string_equal(err.msg, "layer 1: writing the image: No space left on device");
	close(full_fd);
	close(layer.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "every compression gives the same image, twice the same bytes",
		  test_compressions },
		{ "a wrong diff_id is refused", test_diff_id },
		{ "truncated compressed data is refused", test_truncated },
		{ "bytes behind the compressed data are refused", test_trailing },
		{ "bytes behind the last gzip member are left alone", test_trailing_gzip },
		{ "gzip of several members is unpacked to its end", test_members },
		{ "layers that are still being written are read as they come", test_growing },
		{ "a failure ends the waiting for other layers", test_failure_ends_waiting },
		{ "damaged compressed data is refused", test_damaged },
		{ "a layer compressed twice is refused", test_compressed_twice },
		{ "bombs are refused by size, ratio, entries and memory", test_bombs },
		{ "a decoder gets no gigabytes because a frame says so", test_windows },
		{ "the size counts over all layers", test_bytes_count_over_layers },
		{ "small files get blocks when memory for them is used up", test_inline_budget },
		{ "a full disk is reported as such", test_full_disk },
	};

	return cmocka_run_group_tests_name("flatten", tests, NULL, NULL);
}
