/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Calls that make an eventfd or an epoll set, and those that close one, pass
 * through here, so that their numbers are known.  In a new process another one takes each number,
 * an eventfd with something to read where the old one had: a wake-up too many does no harm.  What
 * was set on a tap is remembered by its number, too, as the kernel does not tell it.
 *
 * The files that came with the program are known by what they are, not by their numbers: QEMU makes
 * other descriptors of some, and closes those that it was given.
 *
 * An epoll set is renewed empty.  QEMU makes some, and puts something into one only where it has
 * more descriptors than a machine of moat's.
 */
#include "jail/zygote/files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jail/zygote/shared.h"

/* Kinds of open files: those that must be made anew, and those that need not. */
enum kind { KIND_OTHER, KIND_EVENT, KIND_SET, KIND_SIGNALS };

static atomic_int kinds[FILES_NUMBERS_MAX];
static atomic_bool some_are_lost, epoll_is_used;

/* The tap, of which there is one. */
static struct {
	bool known;
	int fd, header_bytes;
	unsigned long offloads;
} tap;

/* Files that the program was given; their numbers may have changed. */
static struct file_id given[FILES_NUMBERS_MAX];

static bool is_number(int fd)
{
	return fd >= 0 && fd < FILES_NUMBERS_MAX;
}

static int remember_file(int fd, enum kind kind)
{
	if (is_number(fd))
		atomic_store(&kinds[fd], kind);
	else if (fd >= 0)
		atomic_store(&some_are_lost, true);
	return fd;
}

int eventfd(unsigned value, int flags)
{
	return remember_file((int)syscall(SYS_eventfd2, value, flags), KIND_EVENT);
}

int epoll_create1(int flags)
{
	return remember_file((int)syscall(SYS_epoll_create1, flags), KIND_SET);
}

int epoll_create(int size)
{
	(void)size;
	return epoll_create1(0);
}

/* A signalfd reports the signals of whoever reads it; a fork may not change which ones. */
int signalfd(int fd, const sigset_t *set, int flags)
{
	return remember_file((int)syscall(SYS_signalfd4, fd, set, _NSIG / 8, flags), KIND_SIGNALS);
}

int close(int fd)
{
	if (is_number(fd))
		atomic_store(&kinds[fd], KIND_OTHER);
	return (int)syscall(SYS_close, fd);
}

int epoll_ctl(int set, int op, int fd, struct epoll_event *event)
{
	atomic_store(&epoll_is_used, true);
	return (int)syscall(SYS_epoll_ctl, set, op, fd, event);
}

/* QEMU keeps guest memory from its helpers by this; a fork needs that memory. */
int madvise(void *at, size_t len, int advice)
{
	return advice == MADV_DONTFORK ? 0 : (int)syscall(SYS_madvise, at, len, advice);
}

static void remember_tap(int fd, unsigned long command, void *arg)
{
	if (command != TUNSETVNETHDRSZ && command != TUNSETOFFLOAD)
		return;
	tap.known = true;
	tap.fd = fd;
	if (command == TUNSETVNETHDRSZ)
		tap.header_bytes = *(const int *)arg;
	else
		tap.offloads = (unsigned long)arg;
}

int ioctl(int fd, unsigned long command, ...)
{
	void *arg;
	va_list ap;
	int r;

	va_start(ap, command);
	arg = va_arg(ap, void *);
	va_end(ap);
	r = (int)syscall(SYS_ioctl, fd, command, arg);
	if (r >= 0)
		remember_tap(fd, command, arg);
	return r;
}

void files_begin(void)
{
	for (int fd = 0; fd < FILES_NUMBERS_MAX; fd++)
		given[fd] = file_identify(fd);
}

int files_can_be_renewed(void)
{
	return atomic_load(&some_are_lost) || atomic_load(&epoll_is_used) ? -ENOTSUP : 0;
}

static int make_anew(int number)
{
	struct pollfd p = { .fd = number, .events = POLLIN };

	return atomic_load(&kinds[number]) == KIND_SET
		       ? (int)syscall(SYS_epoll_create1, EPOLL_CLOEXEC)
		       : (int)syscall(SYS_eventfd2, poll(&p, 1, 0) == 1 ? 1 : 0,
				      EFD_NONBLOCK | EFD_CLOEXEC);
}

static int renew_file(int number)
{
	int fd = make_anew(number), r;

	if (fd < 0)
		return -errno;
	r = dup3(fd, number, O_CLOEXEC) < 0 ? -errno : 0;
	syscall(SYS_close, fd);
	return r;
}

static bool is_to_be_renewed(int number)
{
	int kind = atomic_load(&kinds[number]);

	return kind == KIND_EVENT || kind == KIND_SET;
}

int files_renew(void)
{
	int r = 0;

	for (int fd = 0; r == 0 && fd < FILES_NUMBERS_MAX; fd++)
		if (is_to_be_renewed(fd))
			r = renew_file(fd);
	return r;
}

bool files_are_own(int fd)
{
	return atomic_load(&kinds[fd]) != KIND_OTHER;
}

static int set_up_tap(int fd)
{
	if (tap.header_bytes > 0 && syscall(SYS_ioctl, fd, TUNSETVNETHDRSZ, &tap.header_bytes) < 0)
		return -1;
	return (int)syscall(SYS_ioctl, fd, TUNSETOFFLOAD, tap.offloads);
}

static int put_in_place(int fd, int number)
{
	int flags = fcntl(number, F_GETFL), descriptor = fcntl(number, F_GETFD);

	/* O_NONBLOCK belongs to the file, and the program had set it. */
	if (flags < 0 || descriptor < 0 || fcntl(fd, F_SETFL, flags) < 0)
		return -errno;
	if (tap.known && number == tap.fd && set_up_tap(fd) < 0)
		return -errno;
	return dup3(fd, number, descriptor & FD_CLOEXEC ? O_CLOEXEC : 0) < 0 ? -errno : 0;
}

int files_move(int fd, int to)
{
	int r = is_number(to) ? 0 : -EINVAL;

	for (int number = 0; r == 0 && number < FILES_NUMBERS_MAX; number++)
		if (file_is_same(shared_file(number), &given[to]))
			r = put_in_place(fd, number);
	syscall(SYS_close, fd);
	return r;
}
