/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A library that is loaded into QEMU before its own, for machines whose
 * memory is a private map of a template's file, which is sealed.  Two calls are answered in another
 * way:
 *
 * - mmap(): where such a file has a hole, the first page that a clone writes there would be made
 *   twice: in the file, whatever its seals, for as long as the file lives, and as the clone's own.
 *   So holes are mapped as anonymous memory instead.
 *
 * - fallocate(): to give back memory that the guest has freed, QEMU punches a hole into the file
 *   and then lets go of its mapping.  The hole would be in every other clone too, so the seal
 *   refuses it, and QEMU does not go on to the second step, which is what frees a clone's own
 *   pages.  So holes in sealed files succeed without being made.  The guest finds the template's
 *   content there later, and the balloon promises it none (page-poison=off, cmdline.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Offsets are passed to the kernel in one register. */
_Static_assert(sizeof(long) == sizeof(off64_t), "written for 64-bit machines");

struct map {
	char *at;
	size_t len;
	int prot, flags, fd;
	off64_t offset;
};

static bool is_sealed(int fd)
{
	int error = errno, seals = fcntl(fd, F_GET_SEALS);

	errno = error;
	return seals >= 0 && (seals & F_SEAL_WRITE);
}

static void *map_plainly(const struct map *m)
{
	long at = syscall(SYS_mmap, m->at, m->len, m->prot, m->flags, m->fd, m->offset);

	return at == -1 ? MAP_FAILED : (void *)at;
}

static bool fill_hole(const struct map *m, off64_t begin, off64_t end)
{
	struct map hole = {
		.at = m->at + (begin - m->offset),
		.len = (size_t)(end - begin),
		.prot = m->prot,
		.flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | (m->flags & MAP_NORESERVE),
		.fd = -1,
	};

	return map_plainly(&hole) != MAP_FAILED;
}

/* Return: false with errno set. */
static bool fill_holes(const struct map *m)
{
	off64_t end = m->offset + (off64_t)m->len, pos = m->offset;

	while (pos < end) {
		off64_t data = lseek64(m->fd, pos, SEEK_DATA);

		if (data < 0 && errno != ENXIO)
			return false;
		if (data < 0 || data > end)
			data = end;
		if (data > pos && !fill_hole(m, pos, data))
			return false;
		if (data == end)
			break;
		pos = lseek64(m->fd, data, SEEK_HOLE);
		if (pos < 0)
			return false;
	}
	return true;
}

/* QEMU, built with glibc, calls these two names. */
void *mmap64(void *at, size_t len, int prot, int flags, int fd, off64_t offset)
{
	struct map m = { at, len, prot, flags, fd, offset };
	bool is_clone = (flags & (MAP_TYPE | MAP_ANONYMOUS)) == MAP_PRIVATE && is_sealed(fd);
	int error = errno;

	m.at = map_plainly(&m);
	if (m.at == MAP_FAILED || !is_clone)
		return m.at;
	if (!fill_holes(&m)) {
		error = errno;
		munmap(m.at, len);
		errno = error;
		return MAP_FAILED;
	}
	errno = error;
	return m.at;
}

int fallocate64(int fd, int mode, off64_t offset, off64_t len)
{
	if ((mode & FALLOC_FL_PUNCH_HOLE) && is_sealed(fd))
		return 0;
	return (int)syscall(SYS_fallocate, fd, mode, offset, len);
}
