/* SPDX-License-Identifier: Apache-2.0 */
#include "layer-util.h"

#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

extern char **environ;

/* The file of the archive that is being written; one at a time. */
static int open_fd = -1;

struct archive *tar_begin(int filter)
{
	struct archive *a = archive_write_new();

	assert_non_null(a);
	open_fd = memfd_create("layer", MFD_CLOEXEC);
	assert_true(open_fd >= 0);
	assert_int_equal(archive_write_add_filter(a, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_set_format_pax(a), ARCHIVE_OK);
	assert_int_equal(archive_write_open_fd(a, open_fd), ARCHIVE_OK);
	return a;
}

static void add_acl(struct archive_entry *e, const char *text, int type)
{
	if (text)
		assert_int_equal(archive_entry_acl_from_text(e, text, type), ARCHIVE_OK);
}

static struct archive_entry *make_entry(const struct entry_spec *s, size_t size)
{
	struct archive_entry *e = archive_entry_new();
	mode_t mode = s->mode ? s->mode : S_IFREG | 0644;

	assert_non_null(e);
	archive_entry_set_pathname(e, s->path);
	archive_entry_set_mode(e, s->symlink ? S_IFLNK | 0777 : mode);
	archive_entry_set_uid(e, s->uid);
	archive_entry_set_gid(e, s->gid);
	archive_entry_set_mtime(e, s->mtime, s->mtime_nsec);
	archive_entry_set_size(e, (int64_t)size);
	if (s->symlink)
		archive_entry_set_symlink(e, s->symlink);
	if (s->hardlink)
		archive_entry_set_hardlink(e, s->hardlink);
	if (S_ISCHR(mode) || S_ISBLK(mode))
		archive_entry_set_rdev(e, makedev(s->major, s->minor));
	if (s->xattr)
		archive_entry_xattr_add_entry(e, s->xattr, s->value,
					      s->value_len ? s->value_len : strlen(s->value));
	add_acl(e, s->acl, ARCHIVE_ENTRY_ACL_TYPE_ACCESS);
	add_acl(e, s->default_acl, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT);
	return e;
}

void tar_add(struct archive *a, const struct entry_spec *s)
{
	size_t size = s->size ? s->size : s->content ? strlen(s->content) : 0;
	struct archive_entry *e = make_entry(s, size);

	assert_true(archive_write_header(a, e) >= ARCHIVE_WARN);
	if (size > 0)
		assert_int_equal(archive_write_data(a, s->content, size), (ssize_t)size);
	archive_entry_free(e);
}

int tar_end(struct archive *a)
{
	int fd = open_fd;

	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
	open_fd = -1;
	return fd;
}

int tar_of(const struct entry_spec *specs, size_t n)
{
	struct archive *a = tar_begin(ARCHIVE_FILTER_NONE);

	for (size_t i = 0; i < n; i++)
		tar_add(a, &specs[i]);
	return tar_end(a);
}

int memory_file(const void *data, size_t len)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, data, len), 0);
	return fd;
}

void ustar_header(char block[512], const char *name, char type, uint64_t size)
{
	unsigned int sum = 0;

	memset(block, 0, 512);
	memcpy(block, name, strlen(name));
	snprintf(block + 100, 8, "%07o", 0644);
	snprintf(block + 108, 8, "%07o", 0);
	snprintf(block + 116, 8, "%07o", 0);
	snprintf(block + 124, 12, "%011llo", (unsigned long long)size);
	snprintf(block + 136, 12, "%011o", 0);
	memset(block + 148, ' ', 8);
	block[156] = type;
	memcpy(block + 257, "ustar", 6);
	memcpy(block + 263, "00", 2);
	for (size_t i = 0; i < 512; i++)
		sum += (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum);
}

int flatten_fds(const int *fds, size_t n, int out_fd, struct err *err)
{
	struct flatten_layer *layers = calloc(n + 1, sizeof(*layers));
	const struct flatten_input in = { layers, n, flatten_limits_usual() };
	int r;

	assert_non_null(layers);
	for (size_t i = 0; i < n; i++)
		layers[i].fd = fds[i];
	r = flatten(&in, out_fd, NULL, err);
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	free(layers);
	return r;
}

int image_of(const int *fds, size_t n)
{
	int out_fd = memfd_create("image", MFD_CLOEXEC);
	struct err err = { 0 };
	int r = flatten_fds(fds, n, out_fd, &err);

	if (r < 0)
		fail_msg("flatten: %s", err.msg);
	return out_fd;
}

int run_program(const char *const *argv)
{
	posix_spawn_file_actions_t fa;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&fa, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	/* posix_spawnp() does not change what argv points to. */
	if (posix_spawnp(&pid, argv[0], &fa, NULL, (char *const *)(uintptr_t)argv, environ) != 0)
		fail_msg("cannot run %s", argv[0]);
	posix_spawn_file_actions_destroy(&fa);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

char *copy_to_temp(int fd)
{
	char *path = strdup("/tmp/moat-test-XXXXXX");
	int to;

	assert_non_null(path);
	to = mkstemp(path);
	assert_true(to >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fd_copy(fd, to, UINT64_MAX), 0);
	close(to);
	return path;
}
