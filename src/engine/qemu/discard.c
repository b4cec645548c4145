/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A library that is loaded into QEMU before its own.  To give back memory
 * that the guest has freed, QEMU punches a hole into the memory's file and then lets go of its
 * mapping. What is restored from a template maps a sealed file privately: the hole would be in
 * every other clone too, the seal refuses it, and QEMU does not go on to the second step, the one
 * that frees the clone's own copies of pages.
 *
 * So holes in sealed files succeed here without being made.  The guest then finds the template's
 * content in such a page, and the balloon promises it none (page-poison=off, cmdline.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_sealed(int fd)
{
	int error = errno, seals = fcntl(fd, F_GET_SEALS);

	errno = error;
	return seals >= 0 && (seals & F_SEAL_WRITE);
}

/* The name that QEMU calls. */
int fallocate64(int fd, int mode, off64_t offset, off64_t len)
{
	if ((mode & FALLOC_FL_PUNCH_HOLE) && is_sealed(fd))
		return 0;
	return (int)syscall(SYS_fallocate, fd, mode, offset, len);
}
