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
#include <inttypes.h>
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
#include "base/str.h"
#include "engine/probe.h"
#include "engine/qemu/cmdline.h"
#include "engine/qemu/disks.h"
#include "engine/qemu/identity.h"
#include "engine/qemu/qmp.h"
#include "engine/qemu/spawn.h"
#include "engine/qemu/template.h"
#include "engine/qemu/tsc.h"

#define QMP_TIMEOUT_USEC      (10 * USEC_PER_SEC)
#define PAUSE_TIMEOUT_USEC    (5 * USEC_PER_SEC) /* whoever asks moat-shim meanwhile waits too */
#define REAP_TIMEOUT_MSEC     2000
#define SNAPSHOT_TIMEOUT_USEC (30 * USEC_PER_SEC)

struct vm {
	struct qemu_process process;
	struct qmp qmp;
	struct qemu_disks disks;
	struct disk_errors errors;
};

static const char *const binaries[] = { "/usr/bin/qemu-system-x86_64",
					"/usr/local/bin/qemu-system-x86_64" };

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

/* A process that was reaped already is not signalled by its number, which may be another's by now,
 * but by its pidfd. */
static void kill_vm(struct vm *vm)
{
	syscall(SYS_pidfd_send_signal, vm->process.pidfd, SIGKILL, NULL, 0);
}

/* Waits for the end of the process, unless somebody has reaped it already.  One that is stuck in
 * the kernel and cannot end now is left for init to reap. */
static void reap_vm(struct vm *vm)
{
	if (fd_wait(vm->process.pidfd, POLLIN, REAP_TIMEOUT_MSEC) > 0)
		(void)waitid(P_PIDFD, (id_t)vm->process.pidfd, NULL, WEXITED | WNOHANG);
}

static void free_vm(struct vm *vm)
{
	if (!vm)
		return;
	kill_vm(vm);
	reap_vm(vm);
	group_remove(&vm->process.group);
	close(vm->process.pidfd);
	fd_close(&vm->process.life_fd);
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

static int start_vm(enum qemu_accel accel, const struct machine *m, struct vm **ret,
		    struct err *err)
{
	struct qemu_start s = { .binary = find_binary(), .accel = accel };
	cleanup_close int ours = -1, theirs = -1;
	cleanup_free struct vm *vm = NULL;
	int pair[2];
	int r = qemu_check_machine(m, err);

	if (r == 0)
		r = qemu_check_files(m, err);
	if (r < 0)
		return r;
	if (!s.binary)
		return err_set(err, -ENOENT, NOT_INSTALLED);
	if (accel == QEMU_TCG && !machine_is_restored(m))
		s.tsc_khz = tsc_khz();
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return err_errno(err, -ENOMEM, "machine");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, -errno, "control socket");
	ours = pair[0];
	theirs = pair[1];
	r = qemu_spawn(m, &s, theirs, &vm->process, err);
	if (r < 0)
		return r;
	qmp_init(&vm->qmp, take_fd(&ours), on_event, vm);
	vm->qmp.pid = vm->process.pid;
	qemu_disks_init(&vm->disks, &vm->qmp, m);
	r = machine_is_restored(m)
		    ? qemu_restore(&vm->qmp, s.state_fd, clock_mono_usec() + QMP_TIMEOUT_USEC, err)
		    : qmp_send_ahead(&vm->qmp, NULL, 0, err);
	if (r < 0) {
		free_vm(take_ptr(vm));
		return r;
	}
	*ret = take_ptr(vm);
	return 0;
}

static int fork_vm(const struct machine *m, int zygote_fd, struct vm **ret, struct err *err)
{
	cleanup_close int ours = -1, theirs = -1;
	cleanup_free struct vm *vm = calloc(1, sizeof(*vm));
	int r = vm ? qemu_check_files(m, err) : err_nomem(err);
	int pair[2];

	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, -errno, "control socket");
	ours = pair[0];
	theirs = pair[1];
	r = qemu_fork(m, zygote_fd, theirs, &vm->process, err);
	if (r < 0)
		return r;
	qmp_init(&vm->qmp, take_fd(&ours), on_event, vm);
	vm->qmp.pid = vm->process.pid;
	vm->qmp.ready = true; /* the session with the zygote goes on */
	qemu_disks_init_forked(&vm->disks, &vm->qmp);
	*ret = take_ptr(vm);
	return 0;
}

static int start_kvm(const struct machine *m, struct vm **ret, struct err *err)
{
	return start_vm(QEMU_KVM, m, ret, err);
}

static int start_tcg(const struct machine *m, struct vm **ret, struct err *err)
{
	return start_vm(QEMU_TCG, m, ret, err);
}

static int pause_vm(struct vm *vm, struct err *err)
{
	return qmp_execute(&vm->qmp, "stop", clock_mono_usec() + PAUSE_TIMEOUT_USEC, NULL, err);
}

static int resume_vm(struct vm *vm, struct err *err)
{
	return qmp_execute(&vm->qmp, "cont", clock_mono_usec() + PAUSE_TIMEOUT_USEC, NULL, err);
}

static int swap_disks(struct vm *vm, const struct machine_swap *swaps, size_t n, bool resume,
		      struct err *err)
{
	int r = n <= MACHINE_DISKS_MAX ? 0 : err_set(err, -EINVAL, "too many disks");

	for (size_t i = 0; r == 0 && i < n; i++)
		r = swaps[i].disk < MACHINE_DISKS_MAX ? qemu_check_disk(&swaps[i].with, err)
						      : err_set(err, -EINVAL, "no such disk");
	return r < 0 ? r : qemu_disks_swap(&vm->disks, swaps, n, resume, err);
}

/* For QEMU, more than the machine has means an empty balloon. */
static int balloon_vm(struct vm *vm, uint64_t bytes, struct err *err)
{
	char arguments[48];
	const struct qmp_command command = { .name = "balloon", .arguments = arguments };

	if (bytes == 0 || bytes > INT64_MAX)
		return err_set(err, -EINVAL, "%" PRIu64 " bytes: no size of memory", bytes);
	snprintf(arguments, sizeof(arguments), "{\"value\":%" PRIu64 "}", bytes);
	return qmp_call(&vm->qmp, &command, clock_mono_usec() + PAUSE_TIMEOUT_USEC, NULL, err);
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

static int describe_identity(enum qemu_accel accel, const struct machine *m, char **ret,
			     struct err *err)
{
	const char *binary = find_binary();

	return binary ? qemu_identity(binary, accel, m, ret, err)
		      : err_set(err, -ENOENT, NOT_INSTALLED);
}

static int identity_kvm(const struct machine *m, char **ret, struct err *err)
{
	return describe_identity(QEMU_KVM, m, ret, err);
}

static int identity_tcg(const struct machine *m, char **ret, struct err *err)
{
	return describe_identity(QEMU_TCG, m, ret, err);
}

static pid_t pid_of_vm(const struct vm *vm)
{
	return vm->process.pid;
}

static int pidfd_of_vm(const struct vm *vm)
{
	return vm->process.pidfd;
}

#define FEATURES (ENGINE_SNAPSHOT | ENGINE_SWAP_DISKS | ENGINE_SHARE | ENGINE_BALLOON)

/* The engine of one accelerator. */
#define ENGINE_QEMU(accel, more, how_to_fork)                                                      \
	{                                                                                          \
		.name = "qemu-" #accel, .features = FEATURES | (more), .probe = probe_##accel,     \
		.start = start_##accel, .fork = how_to_fork, .snapshot = snapshot_vm,              \
		.identity = identity_##accel, .pause = pause_vm, .resume = resume_vm,              \
		.swap_disks = swap_disks, .balloon = balloon_vm, .events_fd = events_fd_of_vm,     \
		.disk_errors = disk_errors_of_vm, .kill = kill_vm, .free = free_vm,                \
		.pid = pid_of_vm, .pidfd = pidfd_of_vm                                             \
	}

/* A virtual machine of KVM belongs to the process that made it: it cannot be forked. */
const struct engine engine_qemu_kvm = ENGINE_QEMU(kvm, 0, NULL);
const struct engine engine_qemu_tcg = ENGINE_QEMU(tcg, ENGINE_FORK, fork_vm);
