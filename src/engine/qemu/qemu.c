/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  QEMU is started in a jail with every file open: kernel, initrd, disks,
 * console and two sockets, the guest link and QMP.  It runs at once; on QMP it is told when the
 * machine is to be paused, resumed, restored or saved, and tells of disks that fail.  The process
 * is ended by SIGKILL through its pidfd: all that was to be kept is in the disks' files by then, as
 * the guest has unmounted, or will be by the journal.
 *
 * KVM and software emulation differ in a few arguments and one device node.
 */
#include "engine/qemu/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/locate.h"
#include "base/str.h"
#include "engine/probe.h"
#include "engine/qemu/calls.h"
#include "engine/qemu/cmdline.h"
#include "engine/qemu/disks.h"
#include "engine/qemu/identity.h"
#include "engine/qemu/qmp.h"
#include "engine/qemu/template.h"
#include "engine/qemu/tsc.h"
#include "jail/jail.h"

#define QMP_TIMEOUT_USEC      (10 * USEC_PER_SEC)
#define PAUSE_TIMEOUT_USEC    (5 * USEC_PER_SEC) /* whoever asks moat-shim meanwhile waits too */
#define RESUME_TIMEOUT_USEC   USEC_PER_SEC	 /* another machine is there sooner than later */
#define REAP_TIMEOUT_MSEC     2000
#define SNAPSHOT_TIMEOUT_USEC (30 * USEC_PER_SEC)

struct vm {
	pid_t pid;
	int pidfd;
	struct qmp qmp;
	struct disk_errors errors;
};

static bool is_restored(const struct machine *m)
{
	return m->from && m->from->state_fd >= 0;
}

static const char *const binaries[] = { "/usr/bin/qemu-system-x86_64",
					"/usr/local/bin/qemu-system-x86_64" };

/* Libraries, QEMU's modules, its firmware. */
static const char *const exposed[] = { "/lib",
				       "/lib64",
				       "/usr/lib",
				       "/usr/lib64",
				       "/usr/local/lib",
				       "/etc/ld.so.cache",
				       "/usr/share/qemu",
				       "/usr/share/seabios",
				       "/usr/local/share/qemu" };

static const char *find_binary(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(binaries); i++)
		if (access(binaries[i], X_OK) == 0)
			return binaries[i];
	return NULL;
}

#define NOT_INSTALLED "QEMU is not installed: install the package qemu-system-x86"

static int probe_kvm(struct engine_probe *ret)
{
	if (find_binary())
		return kvm_probe(ret);
	*ret = (struct engine_probe){ .reason = NOT_INSTALLED };
	return 0;
}

static int probe_tcg(struct engine_probe *ret)
{
	*ret = (struct engine_probe){ .usable = find_binary() != NULL };
	snprintf(ret->reason, sizeof(ret->reason), "%s",
		 ret->usable ? "using software emulation" : NOT_INSTALLED);
	return 0;
}

/* QEMU hands out a descriptor of an fdset only for the access it was opened with. */
static int check_access(int fd, int want, const char *what, struct err *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return err_errno(err, -errno, "%s", what);
	if ((flags & O_ACCMODE) != want)
		return err_set(err, -EBADF, "%s: opened for the wrong access", what);
	return 0;
}

/* A machine must not be able to change the template it came from, whoever has taken it over. */
static int check_sealed(int fd, struct err *err)
{
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0)
		return err_errno(err, -errno, "template's memory");
	if (!(seals & F_SEAL_WRITE) || !(seals & F_SEAL_SHRINK))
		return err_set(err, -EPERM, "template's memory: not sealed against writing");
	return 0;
}

static int check_disks(const struct machine_disk *disks, size_t n, struct err *err)
{
	int r = n <= MACHINE_DISKS_MAX ? 0 : err_set(err, -EINVAL, "too many disks");

	for (size_t i = 0; r == 0 && i < n; i++)
		r = check_access(disks[i].fd, disks[i].read_only ? O_RDONLY : O_RDWR, "disk", err);
	return r;
}

static int check_files(const struct machine *m, struct err *err)
{
	int r = check_access(m->console_fd, O_WRONLY, "console", err);

	if (r == 0)
		r = check_disks(m->disks, m->n_disks, err);
	if (r == 0 && is_restored(m))
		r = check_sealed(m->from->memory_fd, err);
	return r;
}

static int add_fd(struct jail *j, struct jail_fd *fds, const char *name, int fd)
{
	fds[j->n_fds] = (struct jail_fd){ .name = name, .fd = fd };
	return JAIL_FD_FIRST + (int)j->n_fds++;
}

/* QEMU opens these by name only. */
static int add_named_fd(struct jail *j, struct jail_fd *fds, const char *name, int fd)
{
	fds[j->n_fds] = (struct jail_fd){ .name = name, .fd = fd, .reopen = true };
	return JAIL_FD_FIRST + (int)j->n_fds++;
}

static int add_memory_fd(struct jail *j, struct jail_fd *fds, int fd)
{
	fds[j->n_fds] = (struct jail_fd){ .name = "memory", .fd = fd, .memory = true };
	return JAIL_FD_FIRST + (int)j->n_fds++;
}

/* What deals with the memory of clones. */
static int add_library(struct jail *j, struct jail_fd *fds, const struct machine *m, int *ret_fd,
		       struct err *err)
{
	cleanup_free char *path = NULL;
	int r = is_restored(m) ? locate_library(ENGINE_CLONE_LIBRARY, &path, err) : 0;

	if (r < 0 || !path)
		return r;
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*ret_fd < 0)
		return err_errno(err, -errno, "%s", path);
	add_named_fd(j, fds, ENGINE_CLONE_LIBRARY, *ret_fd);
	fds[j->n_fds - 1].library = true;
	return 0;
}

static int spawn(const struct machine *m, struct qemu_start *s, int qmp_fd, struct vm *vm,
		 struct err *err)
{
	const char *const none[] = { NULL }, *const kvm[] = { "/dev/kvm", NULL };
	const char *expose[ARRAY_SIZE(exposed) + 2] = { s->binary };
	cleanup_close int library = -1;
	struct jail_fd fds[JAIL_FDS_MAX];
	cleanup_strv char **argv = NULL;
	struct jail j = { .expose = expose,
			  .devices = s->accel == QEMU_KVM ? kvm : none,
			  .fds = fds,
			  .log_fd = m->log_fd,
			  .syscalls = qemu_calls,
			  .n_syscalls = qemu_n_calls };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(exposed); i++)
		expose[i + 1] = exposed[i];
	r = add_library(&j, fds, m, &library, err);
	if (r < 0)
		return r;
	if (!is_restored(m)) {
		s->kernel_fd = add_named_fd(&j, fds, "kernel", m->kernel_fd);
		s->initrd_fd = add_named_fd(&j, fds, "initramfs", m->initrd_fd);
	}
	if (m->from)
		s->memory_fd = add_memory_fd(&j, fds, m->from->memory_fd);
	if (is_restored(m))
		s->state_fd = add_fd(&j, fds, "state", m->from->state_fd);
	s->link_fd = add_fd(&j, fds, "link", m->link_fd);
	s->qmp_fd = add_fd(&j, fds, "QMP", qmp_fd);
	s->console_fd = add_fd(&j, fds, "console", m->console_fd);
	for (size_t i = 0; i < m->n_disks && i < MACHINE_DISKS_MAX; i++)
		s->disk_fds[i] = add_fd(&j, fds, "disk", m->disks[i].fd);
	r = qemu_cmdline(s, m, &argv, err);
	if (r < 0)
		return r;
	j.argv = argv;
	return jail_spawn(&j, &vm->pid, &vm->pidfd, err);
}

/* A process that was reaped already is not found: its number may be somebody else's, the pidfd not.
 */
static void kill_vm(struct vm *vm)
{
	syscall(SYS_pidfd_send_signal, vm->pidfd, SIGKILL, NULL, 0);
}

/* Of one that was reaped already nothing is found.  One that cannot die now is left to init. */
static void reap_vm(struct vm *vm)
{
	if (fd_wait(vm->pidfd, POLLIN, REAP_TIMEOUT_MSEC) > 0)
		(void)waitid(P_PIDFD, (id_t)vm->pidfd, NULL, WEXITED | WNOHANG);
}

static void free_vm(struct vm *vm)
{
	if (!vm)
		return;
	kill_vm(vm);
	reap_vm(vm);
	close(vm->pidfd);
	qmp_reset(&vm->qmp);
	free(vm);
}

/* A disk's device has the node "diskN" (cmdline.c). */
static void on_event(const json_t *event, void *arg)
{
	const char *name = json_string_value(json_object_get(event, "event"));
	const json_t *data = json_object_get(event, "data");
	const char *node = json_string_value(json_object_get(data, "node-name"));
	const char *reason = json_string_value(json_object_get(data, "reason"));
	const char *number = node ? str_starts(node, "disk") : NULL;
	struct vm *vm = arg;
	uint32_t disk;

	if (!name || !streq(name, "BLOCK_IO_ERROR") || !number || str_to_u32(number, &disk) < 0 ||
	    disk >= MACHINE_DISKS_MAX)
		return;
	vm->errors.count++;
	vm->errors.disk = disk;
	snprintf(vm->errors.reason, sizeof(vm->errors.reason), "%s", reason ? reason : "");
}

static int start(enum qemu_accel accel, const struct machine *m, struct vm **ret, struct err *err)
{
	struct qemu_start s = { .binary = find_binary(), .accel = accel };
	cleanup_close int ours = -1, theirs = -1;
	cleanup_free struct vm *vm = NULL;
	int pair[2];
	int r = check_files(m, err);

	if (r < 0)
		return r;
	if (!s.binary)
		return err_set(err, -ENOENT, NOT_INSTALLED);
	if (accel == QEMU_TCG && !is_restored(m))
		s.tsc_khz = tsc_khz();
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return err_errno(err, -ENOMEM, "machine");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, -errno, "control socket");
	ours = pair[0];
	theirs = pair[1];
	r = spawn(m, &s, theirs, vm, err);
	if (r < 0)
		return r;
	qmp_init(&vm->qmp, take_fd(&ours), on_event, vm);
	r = is_restored(m)
		    ? qemu_restore(&vm->qmp, s.state_fd, clock_mono_usec() + QMP_TIMEOUT_USEC, err)
		    : qmp_send_ahead(&vm->qmp, NULL, 0, err);
	if (r < 0) {
		free_vm(take_ptr(vm));
		return r;
	}
	*ret = take_ptr(vm);
	return 0;
}

static int start_kvm(const struct machine *m, struct vm **ret, struct err *err)
{
	return start(QEMU_KVM, m, ret, err);
}

static int start_tcg(const struct machine *m, struct vm **ret, struct err *err)
{
	return start(QEMU_TCG, m, ret, err);
}

static int pause_vm(struct vm *vm, struct err *err)
{
	return qmp_execute(&vm->qmp, "stop", clock_mono_usec() + PAUSE_TIMEOUT_USEC, NULL, err);
}

static int resume_vm(struct vm *vm, struct err *err)
{
	return qmp_execute(&vm->qmp, "cont", clock_mono_usec() + PAUSE_TIMEOUT_USEC, NULL, err);
}

static int resume_vm_with(struct vm *vm, const struct machine_disk *disks, size_t n,
			  struct err *err)
{
	int r = check_disks(disks, n, err);

	return r < 0 ? r
		     : qemu_resume_with(&vm->qmp, disks, n, clock_mono_usec() + RESUME_TIMEOUT_USEC,
					err);
}

static int events_fd_of_vm(const struct vm *vm)
{
	return vm->qmp.fd;
}

static int disk_errors_of_vm(struct vm *vm, struct disk_errors *ret, struct err *err)
{
	int r = qmp_read_events(&vm->qmp, err);

	*ret = vm->errors;
	return r;
}

static int snapshot_vm(struct vm *vm, int state_fd, struct err *err)
{
	return qemu_snapshot(&vm->qmp, state_fd, clock_mono_usec() + SNAPSHOT_TIMEOUT_USEC, err);
}

static int identity(enum qemu_accel accel, const struct machine *m, char **ret, struct err *err)
{
	const char *binary = find_binary();

	return binary ? qemu_identity(binary, accel, m, ret, err)
		      : err_set(err, -ENOENT, NOT_INSTALLED);
}

static int identity_kvm(const struct machine *m, char **ret, struct err *err)
{
	return identity(QEMU_KVM, m, ret, err);
}

static int identity_tcg(const struct machine *m, char **ret, struct err *err)
{
	return identity(QEMU_TCG, m, ret, err);
}

static pid_t pid_of_vm(const struct vm *vm)
{
	return vm->pid;
}

const struct engine engine_qemu_kvm = { .name = "qemu-kvm",
					.probe = probe_kvm,
					.start = start_kvm,
					.snapshot = snapshot_vm,
					.identity = identity_kvm,
					.pause = pause_vm,
					.resume = resume_vm,
					.resume_with = resume_vm_with,
					.events_fd = events_fd_of_vm,
					.disk_errors = disk_errors_of_vm,
					.kill = kill_vm,
					.free = free_vm,
					.pid = pid_of_vm };

const struct engine engine_qemu_tcg = { .name = "qemu-tcg",
					.probe = probe_tcg,
					.start = start_tcg,
					.snapshot = snapshot_vm,
					.identity = identity_tcg,
					.pause = pause_vm,
					.resume = resume_vm,
					.resume_with = resume_vm_with,
					.events_fd = events_fd_of_vm,
					.disk_errors = disk_errors_of_vm,
					.kill = kill_vm,
					.free = free_vm,
					.pid = pid_of_vm };
