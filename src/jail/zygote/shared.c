/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. files.c renews only files that the library was told of.  Another program, or
 * another version, may open others. So the files themselves are looked at: sockets, pipes and files
 * that can be written to are known again by their numbers in the kernel, and what has no such
 * number must be of a kind that was renewed, or that cannot be changed.
 */
#include "jail/zygote/shared.h"

#include <errno.h>
#include <fcntl.h>

#include "jail/zygote/files.h"

static struct file_id noted[FILES_NUMBERS_MAX];

struct file_id file_identify(int fd)
{
	struct stat sb;

	return fstat(fd, &sb) == 0 ? (struct file_id){ true, sb.st_dev, sb.st_ino }
				   : (struct file_id){ 0 };
}

bool file_is_same(const struct file_id *a, const struct file_id *b)
{
	return a->used && b->used && a->device == b->device && a->number == b->number;
}

static bool is_among(int fd, const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] == fd)
			return true;
	return false;
}

void shared_note(const int *apart, size_t n)
{
	for (int fd = 0; fd < FILES_NUMBERS_MAX; fd++)
		noted[fd] = is_among(fd, apart, n) ? (struct file_id){ 0 } : file_identify(fd);
}

const struct file_id *shared_file(int number)
{
	return &noted[number];
}

static bool is_noted(int fd)
{
	const struct file_id id = file_identify(fd);

	for (int i = 0; i < FILES_NUMBERS_MAX; i++)
		if (file_is_same(&noted[i], &id))
			return true;
	return false;
}

static bool can_be_changed(int fd)
{
	int flags = fcntl(fd, F_GETFL), seals = fcntl(fd, F_GET_SEALS);

	return (flags & O_ACCMODE) != O_RDONLY && (seals < 0 || !(seals & F_SEAL_WRITE));
}

/* A device is a tap, which was exchanged, or /dev/null. */
static bool is_harmless(int fd, mode_t mode)
{
	switch (mode & S_IFMT) {
	case 0: /* made by a call, like an eventfd */
		return files_are_own(fd);
	case S_IFSOCK:
	case S_IFIFO:
		return !is_noted(fd);
	case S_IFREG:
		return !is_noted(fd) || !can_be_changed(fd);
	default:
		return true;
	}
}

int shared_check(void)
{
	struct stat sb;

	for (int fd = 0; fd < FILES_NUMBERS_MAX; fd++)
		if (fstat(fd, &sb) == 0 && !is_harmless(fd, sb.st_mode))
			return -ENOTSUP;
	return 0;
}
