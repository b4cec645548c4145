/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Found with strace(1) over the life of machines: start, boot, disk I/O with flushes and discards,
 * pause, power off; with KVM and with emulation.
 */
#include "engine/qemu/calls.h"

#include <sys/syscall.h>

#include "base/macro.h"

const int qemu_calls[] = {
	/* the main loop and its threads */
	SYS_eventfd2,
	SYS_pipe2,
	SYS_signalfd4,
	SYS_epoll_create1,
	SYS_epoll_ctl,
	SYS_epoll_pwait,
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
	SYS_rt_sigtimedwait,
	SYS_rt_sigpending,
	SYS_getcpu,
	SYS_sysinfo,
	/* sockets it was given; it may make none */
	SYS_recvmsg,
	SYS_sendmsg,
	SYS_recvfrom,
	SYS_sendto,
	SYS_getsockname,
	SYS_getpeername,
	SYS_getsockopt,
	SYS_setsockopt,
	SYS_shutdown,
	/* disks */
	SYS_preadv,
	SYS_pwritev,
	SYS_fsync,
	SYS_fdatasync,
	SYS_fallocate,
	SYS_ftruncate,
	/* guest memory */
	SYS_memfd_create,
};

const size_t qemu_n_calls = ARRAY_SIZE(qemu_calls);
