/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  All that a guest says is read by moat-shim, which runs as the user of
 * moatd.  Until the machine is up it makes processes and namespaces; then it only passes bytes on
 * and writes logs and the ends of containers.  A new container of the machine needs files, and
 * its layer may have to be made.  Found with strace(1) over the life of machines.
 */
#include "shim/narrow.h"

#include <sys/syscall.h>

#include "base/macro.h"
#include "jail/syscalls.h"

static const int calls[] = {
	/* the loop */
	SYS_epoll_create1,
	SYS_epoll_ctl,
	SYS_epoll_pwait,
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
	SYS_timerfd_create,
	SYS_timerfd_settime,
	SYS_timerfd_gettime,
	SYS_eventfd2,
	SYS_signalfd4,
	/* clients, the guest and the engine */
	SYS_accept4,
	SYS_recvmsg,
	SYS_sendmsg,
	SYS_recvfrom,
	SYS_sendto,
	SYS_shutdown,
	SYS_getsockopt,
	SYS_setsockopt,
	SYS_getsockname,
	SYS_getpeername,
	SYS_socketpair,
	SYS_pipe2,
	SYS_pidfd_send_signal,
	SYS_wait4,
	SYS_waitid,
	SYS_sched_setaffinity,
	/* logs, layers, the end */
	SYS_memfd_create,
	SYS_fsync,
	SYS_fdatasync,
	SYS_ftruncate,
	SYS_fallocate,
	SYS_fadvise64,
	SYS_copy_file_range,
	SYS_sendfile,
	SYS_preadv,
	SYS_pwritev,
	SYS_flock,
	SYS_fchmod,
	SYS_fchown,
	SYS_mkdirat,
	SYS_renameat,
	SYS_renameat2,
	SYS_unlinkat,
	SYS_utimensat,
#ifdef SYS_rename
	SYS_rename,
	SYS_unlink,
	SYS_mkdir,
	SYS_rmdir,
#endif
	SYS_umask,
	SYS_sysinfo,
};

int narrow(struct err *err)
{
	return syscalls_narrow(calls, ARRAY_SIZE(calls), err);
}
