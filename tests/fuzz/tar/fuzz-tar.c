/* SPDX-License-Identifier: Apache-2.0 */
/* Archives of strangers: read to the end, and where members would go. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tar/place.h"
#include "tar/reader.h"
#include "tar/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	const uint8_t *data;
	size_t len;
};

static ssize_t read_memory(void *arg, void *data, size_t max)
{
	struct memory *m = arg;
	size_t n = m->len < max ? m->len : max;

	memcpy(data, m->data, n);
	m->data += n;
	m->len -= n;
	return (ssize_t)n;
}

/* A checksum is in the way of a fuzzer: every block that could be a header gets the right one. */
static void fix_checksums(uint8_t *data, size_t size)
{
	for (; size >= TAR_BLOCK_BYTES; data += TAR_BLOCK_BYTES, size -= TAR_BLOCK_BYTES) {
		struct tar_header *h = (struct tar_header *)(void *)data;
		unsigned sum = 0;

		if (h->checksum[6] != '\0' || h->checksum[7] != ' ')
			continue;
		memset(h->checksum, ' ', sizeof(h->checksum));
		for (size_t i = 0; i < TAR_BLOCK_BYTES; i++)
			sum += data[i];
		h->checksum[6] = '\0';
		for (size_t i = 6; i > 0; i--, sum >>= 3)
			h->checksum[i - 1] = (char)('0' + (sum & 7));
	}
}

static void check_path(const struct tar_unpack *u, const char *name)
{
	char *path;

	if (tar_member_path(u, name, &path, NULL) < 0)
		return;
	if (*path == '/' || strcmp(path, "..") == 0 || strncmp(path, "../", 3) == 0 ||
	    strstr(path, "/../") ||
	    (strlen(path) > 2 && strcmp(path + strlen(path) - 3, "/..") == 0))
		abort();
	free(path);
}

static void read_data(struct tar_reader *r, const struct tar_entry *e)
{
	char chunk[1000];
	uint64_t offset, end = 0;
	ssize_t n;

	while ((n = tar_read(r, chunk, sizeof(chunk), &offset, NULL)) > 0) {
		if (offset < end || offset + (uint64_t)n > e->size_bytes)
			abort();
		end = offset + (uint64_t)n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tar_unpack any = { 0 }, one = { .from = "a/b", .to = "c" };
	uint8_t *copy = malloc(size + 1);
	struct memory m = { copy, size };
	struct tar_reader *r = calloc(1, sizeof(*r));
	const struct tar_entry *e;
	struct err err;

	if (!copy || !r)
		abort();
	memcpy(copy, data, size);
	fix_checksums(copy, size);
	r->read = read_memory;
	r->arg = &m;
	while (tar_next(r, &e, &err) > 0) {
		check_path(&any, e->path);
		check_path(&one, e->path);
		if (e->link)
			check_path(&one, e->link);
		read_data(r, e);
	}
	tar_reader_reset(r);
	free(r);
	free(copy);
	return 0;
}
