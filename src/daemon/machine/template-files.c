/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  template.json is written last and names the digests of the other two
 * files, so a folder without it is incomplete, and one whose content does not match is
 * damaged.  Most of a machine's memory is zero: pages of zeros are neither written nor read, and
 * the digest covers the others and their places.
 *
 * The files are our own; they may have been cut short or damaged since.
 */
#include "daemon/machine/template-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/json-object.h"
#include "base/str.h"

#define PAGE	       4096u
#define STEP	       KIB(256)
#define INFO_MAX_BYTES KIB(64)
#define RESERVE_BYTES  MIB(512) /* room that a template leaves to images and containers */

static int get_hex(const json_t *obj, const char *key, char ret[65], struct err *err)
{
	const char *text;
	int r = json_get_str(obj, key, &text, err);

	if (r < 0)
		return r;
	if (!text || strlen(text) != SHA256_HEX_LEN || !hex_is_lower(text, SHA256_HEX_LEN))
		return err_set(err, -EBADMSG, "\"%s\" is no SHA-256", key);
	memcpy(ret, text, SHA256_HEX_LEN + 1);
	return 0;
}

static int get_number(const json_t *obj, const char *key, int64_t *ret, struct err *err)
{
	int r;

	*ret = 0;
	r = json_get_i64(obj, key, ret, err);
	if (r == 0 && *ret <= 0)
		r = err_set(err, -EBADMSG, "\"%s\" is missing", key);
	return r;
}

static int read_info(const json_t *obj, struct template_info *i, struct err *err)
{
	const char *engine = NULL;
	int64_t format;
	int r = get_number(obj, "format", &format, err);

	if (r == 0 && format != TEMPLATE_FORMAT)
		r = err_set(err, -EBADMSG, "its format is %lld", (long long)format);
	if (r == 0)
		r = get_hex(obj, "key", i->key, err);
	if (r == 0)
		r = get_hex(obj, "kernel", i->kernel, err);
	if (r == 0)
		r = json_get_str(obj, "engine", &engine, err);
	if (r == 0)
		r = get_number(obj, "cpus", &i->cpus, err);
	if (r == 0)
		r = get_number(obj, "memory_bytes", &i->memory_bytes, err);
	if (r == 0)
		r = get_number(obj, "created_nsec", &i->created_nsec, err);
	if (r == 0)
		r = get_hex(obj, "memory_sha256", i->memory_sha256, err);
	if (r == 0)
		r = get_hex(obj, "state_sha256", i->state_sha256, err);
	if (r == 0 && (!engine || strlen(engine) >= sizeof(i->engine)))
		r = err_set(err, -EBADMSG, "\"engine\" is missing");
	if (r == 0)
		strcpy(i->engine, engine);
	return r;
}

int template_info_parse(const char *text, size_t len, struct template_info *ret, struct err *err)
{
	struct template_info info = { 0 };
	cleanup_json json_t *obj = NULL;
	int r = json_read(text, len, TEMPLATE_INFO_FILE, &obj, err);

	if (r == 0 && !json_is_object(obj))
		r = err_set(err, -EBADMSG, "not an object");
	if (r == 0)
		r = read_info(obj, &info, err);
	if (r == 0)
		*ret = info;
	return r;
}

int template_info_load(int dir_fd, struct template_info *ret, struct err *err)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = file_read_at(dir_fd, TEMPLATE_INFO_FILE, INFO_MAX_BYTES, &b);

	if (r == -EFBIG)
		r = -EBADMSG;
	if (r < 0)
		return err_errno(err, r, TEMPLATE_INFO_FILE);
	return template_info_parse(b.data ? b.data : "", b.len, ret, err);
}

static bool is_zero(const char *page)
{
	return page[0] == 0 && memcmp(page, page + 1, PAGE - 1) == 0;
}

struct copier {
	int from, to;
	struct hash *hash;
	char *data; /* STEP bytes */
};

static int copy_page(struct copier *c, const char *page, uint64_t offset)
{
	uint64_t place = htole64(offset);
	int r = hash_update(c->hash, &place, sizeof(place));

	if (r == 0)
		r = hash_update(c->hash, page, PAGE);
	return r == 0 ? fd_pwrite_all(c->to, page, PAGE, offset) : r;
}

static int copy_data(struct copier *c, uint64_t offset, uint64_t end)
{
	int r = 0;

	while (r == 0 && offset < end) {
		size_t len = end - offset < STEP ? (size_t)(end - offset) : STEP;

		r = fd_pread_exact(c->from, c->data, len, offset);
		for (size_t i = 0; r == 0 && i < len; i += PAGE)
			if (!is_zero(c->data + i))
				r = copy_page(c, c->data + i, offset + i);
		offset += len;
	}
	return r;
}

/* Extents end anywhere, but pages are copied whole. */
static int copy_extents(struct copier *c, uint64_t size)
{
	off_t data = 0, hole = 0;
	int r = 0;

	while (r == 0 && (uint64_t)hole < size) {
		data = lseek(c->from, hole, SEEK_DATA);
		if (data < 0)
			return errno == ENXIO ? 0 : -errno;
		data &= ~(off_t)(PAGE - 1);
		hole = lseek(c->from, data > hole ? data : hole, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		hole = (hole + PAGE - 1) & ~(off_t)(PAGE - 1);
		r = copy_data(c, (uint64_t)data, (uint64_t)hole);
	}
	return r;
}

int template_pages_copy(int from, int to, char ret_hex[65])
{
	cleanup_free char *data = malloc(STEP);
	struct copier c = { .from = from, .to = to, .data = data };
	struct stat sb;
	int r = data ? hash_new(&c.hash) : -ENOMEM;

	if (r < 0)
		return r;
	if (fstat(from, &sb) < 0)
		r = -errno;
	else if (sb.st_size % PAGE != 0)
		r = -EBADMSG;
	if (r == 0)
		r = copy_extents(&c, (uint64_t)sb.st_size);
	if (r == 0)
		r = hash_final(c.hash, ret_hex);
	hash_free(c.hash);
	return r;
}

static int hash_state(int dir_fd, char ret_hex[65])
{
	cleanup_close int fd =
		openat(dir_fd, TEMPLATE_STATE_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -errno : hash_fd(fd, ret_hex);
}

static int check_room(int dir_fd, int memory_fd)
{
	struct statvfs fs;
	struct stat sb;

	if (fstat(memory_fd, &sb) < 0 || fstatvfs(dir_fd, &fs) < 0)
		return -errno;
	return fs.f_bavail * fs.f_frsize < (uint64_t)sb.st_blocks * 512 + RESERVE_BYTES ? -ENOSPC
											: 0;
}

static int save_memory(int dir_fd, int memory_fd, char ret_hex[65])
{
	cleanup_close int fd =
		openat(dir_fd, TEMPLATE_MEMORY_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat sb;
	int r;

	if (fd < 0 || fstat(memory_fd, &sb) < 0 || ftruncate(fd, sb.st_size) < 0)
		return -errno;
	r = template_pages_copy(memory_fd, fd, ret_hex);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (r < 0)
		(void)unlinkat(dir_fd, TEMPLATE_MEMORY_FILE, 0);
	return r;
}

int template_save(int dir_fd, int memory_fd, const char *key, const struct machine_plan *plan,
		  struct err *err)
{
	char memory[SHA256_HEX_LEN + 1], state[SHA256_HEX_LEN + 1];
	cleanup_json json_t *obj = NULL;
	cleanup_free char *text = NULL;
	int r = check_room(dir_fd, memory_fd);

	if (r == 0)
		r = hash_state(dir_fd, state);
	if (r == 0)
		r = save_memory(dir_fd, memory_fd, memory);
	if (r < 0)
		return err_errno(err, r, "template");
	obj = JSON_OBJECT(member_int("format", TEMPLATE_FORMAT), member_text("key", key),
			  member_text("moat", MOAT_VERSION),
			  member_text("kernel", plan->kernel.hash),
			  member_text("engine", plan->engine->name), member_int("cpus", plan->cpus),
			  member_int("memory_bytes", (json_int_t)plan->memory_bytes),
			  member_int("created_nsec", (json_int_t)clock_now_nsec()),
			  member_text("memory_sha256", memory), member_text("state_sha256", state));
	text = obj ? json_write(obj) : NULL;
	r = text ? file_write_atomic(dir_fd, TEMPLATE_INFO_FILE, text, strlen(text), 0600)
		 : err_nomem(err);
	return r < 0 ? err_errno(err, r, "template") : 0;
}

int template_seal(int memory_fd)
{
	return fcntl(memory_fd, F_ADD_SEALS,
		     F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0
		       ? -errno
		       : 0;
}

static int load_memory(int dir_fd, const struct template_info *info, int *ret_fd, struct err *err)
{
	cleanup_close int file =
		openat(dir_fd, TEMPLATE_MEMORY_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	cleanup_close int memory = memfd_create("moat-template", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char hex[SHA256_HEX_LEN + 1];
	struct stat sb;
	int r;

	if (file < 0 || memory < 0 || fstat(file, &sb) < 0)
		return err_errno(err, -errno, TEMPLATE_MEMORY_FILE);
	if (sb.st_size != info->memory_bytes)
		return err_set(err, -EBADMSG, "its memory has another size");
	r = ftruncate(memory, sb.st_size) < 0 ? -errno : template_pages_copy(file, memory, hex);
	if (r == 0 && !streq(hex, info->memory_sha256))
		return err_set(err, -EBADMSG, "its memory is damaged");
	if (r == 0)
		r = template_seal(memory);
	if (r < 0)
		return err_errno(err, r, TEMPLATE_MEMORY_FILE);
	(void)posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
	*ret_fd = take_fd(&memory);
	return 0;
}

int template_load(int dir_fd, const char *key, int *ret_memory_fd, struct err *err)
{
	char hex[SHA256_HEX_LEN + 1];
	struct template_info info;
	int r = template_info_load(dir_fd, &info, err);

	if (r < 0)
		return r;
	if (!streq(info.key, key))
		return err_set(err, -EBADMSG, "it is the template of another kind of machine");
	r = hash_state(dir_fd, hex);
	if (r < 0)
		return err_errno(err, r, TEMPLATE_STATE_FILE);
	if (!streq(hex, info.state_sha256))
		return err_set(err, -EBADMSG, "its state is damaged");
	return load_memory(dir_fd, &info, ret_memory_fd, err);
}
