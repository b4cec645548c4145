/* SPDX-License-Identifier: Apache-2.0 */
/* With QEMU itself, and a guest that does nothing at all. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../hang.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/machine.h"

#define LOAD_ADDRESS  0x100000u
#define XEN_PVH_ENTRY 18 /* the type of the note that says where a PVH kernel begins */
#define DISK_BYTES    MIB(1)

/* An ELF kernel of three instructions: cli, hlt, and back to hlt. */
struct kernel {
	Elf32_Ehdr header;
	Elf32_Phdr segments[2];
	Elf32_Nhdr note;
	char name[4];
	uint32_t entry;
	unsigned char code[4];
};

struct kit {
	struct machine machine;
	struct vm *vm;
	struct err err;
};

static const struct engine *engine;
static char kernel_path[] = "/tmp/moat-test-machine-XXXXXX";
static char library[PATH_MAX]; /* where the engine looks for it */

static void write_kernel(int fd)
{
	struct kernel k = {
		.header = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32,
					 ELFDATA2LSB, EV_CURRENT },
			    .e_type = ET_EXEC,
			    .e_machine = EM_386,
			    .e_version = EV_CURRENT,
			    .e_entry = LOAD_ADDRESS + offsetof(struct kernel, code),
			    .e_phoff = offsetof(struct kernel, segments),
			    .e_ehsize = sizeof(Elf32_Ehdr),
			    .e_phentsize = sizeof(Elf32_Phdr),
			    .e_phnum = 2 },
		.segments = { { .p_type = PT_LOAD,
				.p_vaddr = LOAD_ADDRESS,
				.p_paddr = LOAD_ADDRESS,
				.p_filesz = sizeof(struct kernel),
				.p_memsz = sizeof(struct kernel),
				.p_flags = PF_R | PF_X },
			      { .p_type = PT_NOTE,
				.p_offset = offsetof(struct kernel, note),
				.p_filesz = 20,
				.p_memsz = 20,
				.p_align = 4 } },
		.note = { .n_namesz = 4, .n_descsz = 4, .n_type = XEN_PVH_ENTRY },
		.name = "Xen",
		.entry = LOAD_ADDRESS + offsetof(struct kernel, code),
		.code = { 0xfa, 0xf4, 0xeb, 0xfd },
	};

	assert_int_equal(fd_write_all(fd, &k, sizeof(k)), 0);
}

static struct kit describe(void)
{
	struct kit k = { .machine = { .cpus = 1, .memory_bytes = MIB(64) } };
	struct machine *m = &k.machine;
	int pair[2];

	machine_add_devices(m, DISK_BYTES, DISK_BYTES);
	m->kernel_fd = open(kernel_path, O_RDONLY | O_CLOEXEC);
	m->initrd_fd = m->kernel_fd;
	m->console_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	m->log_fd = STDERR_FILENO;
	assert_true(m->kernel_fd >= 0 && m->console_fd >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	m->link_fd = pair[0];
	close(pair[1]);
	return k;
}

static void start(struct kit *k)
{
	if (engine->start(&k->machine, &k->vm, &k->err) < 0)
		fail_msg("%s", k->err.msg);
}

/* Where QEMU answers, it has not ended over what was asked before. */
static void assert_alive(struct kit *k)
{
	if (engine->pause(k->vm, &k->err) < 0 || engine->resume(k->vm, &k->err) < 0)
		fail_msg("%s", k->err.msg);
}

static void end(struct kit *k)
{
	engine->free(k->vm);
	close(k->machine.kernel_fd);
	close(k->machine.console_fd);
	close(k->machine.link_fd);
}

/* A disk's file, locked. */
static int disk_file(char path[32])
{
	int fd;

	strcpy(path, "/tmp/moat-test-disk-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, DISK_BYTES), 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	return fd;
}

/* Whether somebody still has the file open that was locked. */
static bool is_locked(const char *path)
{
	cleanup_close int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return flock(fd, LOCK_EX | LOCK_NB) < 0;
}

static void assert_let_go(const char *path)
{
	uint64_t deadline = clock_mono_usec() + HANG_SEC * USEC_PER_SEC;

	while (is_locked(path) && clock_mono_usec() < deadline)
		usleep(1000);
	assert_false(is_locked(path));
	unlink(path);
}

static void swap(struct kit *k, size_t disk, int fd, bool resume)
{
	const struct machine_swap s = {
		disk, { .fd = fd, .read_only = disk % 2 == 0, .size_bytes = DISK_BYTES }
	};

	if (engine->swap_disks(k->vm, &s, 1, resume, &k->err) < 0)
		fail_msg("%s", k->err.msg);
}

static void a_machine_has_all_devices_with_nothing_to_them(void **state)
{
	struct kit k = describe();

	(void)state;
	start(&k);
	assert_alive(&k);
	end(&k);
}

/* The first file comes with the command line, the others do not. */
static void a_running_machine_lets_go_of_files_that_others_replace(void **state)
{
	struct kit k = describe();
	char before[32], after[32];
	int fd = disk_file(before);

	(void)state;
	k.machine.disks[MACHINE_LAYER_DISK(0)].fd = fd;
	start(&k);
	close(fd);
	for (int i = 0; i < 20; i++) {
		assert_true(is_locked(before));
		fd = disk_file(after);
		swap(&k, MACHINE_LAYER_DISK(0), fd, false);
		close(fd);
		assert_let_go(before);
		strcpy(before, after);
	}
	swap(&k, MACHINE_LAYER_DISK(0), -1, false);
	assert_let_go(before);
	assert_alive(&k);
	end(&k);
}

static void a_paused_machine_goes_on_with_other_disks(void **state)
{
	struct kit k = describe();
	char path[32];
	int fd = disk_file(path), image = open(kernel_path, O_RDONLY | O_CLOEXEC);
	const struct machine_swap both[] = {
		{ MACHINE_IMAGE_DISK(1), { .fd = image, .read_only = true } },
		{ MACHINE_LAYER_DISK(1), { .fd = fd } },
	};

	(void)state;
	start(&k);
	assert_int_equal(engine->pause(k.vm, &k.err), 0);
	assert_int_equal(engine->swap_disks(k.vm, both, 2, true, &k.err), 0);
	close(fd);
	close(image);
	assert_true(is_locked(path));
	swap(&k, MACHINE_IMAGE_DISK(1), -1, false);
	swap(&k, MACHINE_LAYER_DISK(1), -1, false);
	assert_let_go(path);
	assert_alive(&k);
	end(&k);
}

/* What QEMU does not take leaves all disks as they are, those that were to change with it too. */
static void a_swap_that_fails_changes_nothing(void **state)
{
	struct kit k = describe();
	char kept[32], refused[32];
	int first = disk_file(kept), second = disk_file(refused);
	int folder = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct machine_swap swaps[] = {
		{ MACHINE_LAYER_DISK(0), { .fd = second } },
		{ MACHINE_IMAGE_DISK(0), { .fd = folder, .read_only = true } },
	};
	const struct machine_swap access = { MACHINE_IMAGE_DISK(0),
					     { .fd = second, .read_only = true } };
	const struct machine_swap nowhere = { MACHINE_DISKS_MAX, { .fd = second } };

	(void)state;
	k.machine.disks[MACHINE_LAYER_DISK(0)].fd = first;
	start(&k);
	close(first);
	assert_int_equal(engine->swap_disks(k.vm, swaps, 2, false, &k.err), -EIO);
	assert_int_equal(engine->swap_disks(k.vm, &access, 1, false, &k.err), -EBADF);
	assert_int_equal(engine->swap_disks(k.vm, &nowhere, 1, false, &k.err), -EINVAL);
	assert_true(is_locked(kept));
	swap(&k, MACHINE_LAYER_DISK(0), second, false);
	assert_let_go(kept);
	close(second);
	close(folder);
	end(&k);
	assert_let_go(refused);
}

/* Return: a tap in a network namespace of its own; skips the test where there can be none. */
static int open_tap(short flags)
{
	static bool alone;
	struct ifreq req = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags) };
	int fd;

	if (!alone && unshare(CLONE_NEWNET) < 0) {
		print_message("[  SKIPPED ] no network namespace for taps: %s\n", strerror(errno));
		skip();
	}
	alone = true;
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &req) < 0) {
		print_message("[  SKIPPED ] no taps here: %s\n", strerror(errno));
		skip();
	}
	return fd;
}

static void take_snapshot(int tap, struct machine_template *ret)
{
	struct kit k = describe();
	int state = memfd_create("state", MFD_CLOEXEC);

	ret->memory_fd = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ret->state_fd = -1;
	assert_true(state >= 0 && ret->memory_fd >= 0);
	assert_int_equal(ftruncate(ret->memory_fd, (off_t)k.machine.memory_bytes), 0);
	k.machine.from = ret;
	k.machine.nics[0].tap_fd = tap;
	start(&k);
	if (engine->snapshot(k.vm, state, &k.err) < 0)
		fail_msg("%s", k.err.msg);
	end(&k);
	assert_int_equal(fcntl(ret->memory_fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK), 0);
	assert_int_equal(lseek(state, 0, SEEK_SET), 0);
	ret->state_fd = state;
}

static void restore(const struct machine_template *from, int tap)
{
	struct kit k = describe();

	assert_int_equal(lseek(from->state_fd, 0, SEEK_SET), 0);
	k.machine.from = from;
	k.machine.nics[0].tap_fd = tap;
	start(&k);
	assert_alive(&k);
	end(&k);
}

static void forget(struct machine_template *t)
{
	close(t->memory_fd);
	close(t->state_fd);
}

static void a_template_fits_machines_that_have_disks_and_a_tap(void **state)
{
	struct machine_template t;
	int tap;

	(void)state;
	take_snapshot(-1, &t);
	restore(&t, -1);
	tap = open_tap(IFF_VNET_HDR);
	restore(&t, tap);
	forget(&t);
	take_snapshot(tap, &t);
	restore(&t, tap);
	forget(&t);
	close(tap);
}

static void a_tap_without_the_header_of_offloads_is_refused(void **state)
{
	struct kit k = describe();

	(void)state;
	k.machine.nics[0].tap_fd = open_tap(0);
	assert_int_equal(engine->start(&k.machine, &k.vm, &k.err), -EINVAL);
	assert_non_null(strstr(k.err.msg, "IFF_VNET_HDR"));
	close(k.machine.nics[0].tap_fd);
	k.machine.nics[0].tap_fd = k.machine.console_fd;
	assert_true(engine->start(&k.machine, &k.vm, &k.err) < 0);
	end(&k);
}

static void make_kernel(void)
{
	int fd = mkstemp(kernel_path);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0644), 0);
	write_kernel(fd);
	assert_int_equal(ftruncate(fd, DISK_BYTES), 0);
	close(fd);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_has_all_devices_with_nothing_to_them),
		cmocka_unit_test(a_running_machine_lets_go_of_files_that_others_replace),
		cmocka_unit_test(a_paused_machine_goes_on_with_other_disks),
		cmocka_unit_test(a_swap_that_fails_changes_nothing),
		cmocka_unit_test(a_template_fits_machines_that_have_disks_and_a_tap),
		cmocka_unit_test(a_tap_without_the_header_of_offloads_is_refused),
	};
	cleanup_free char *dir = path_self_dir();
	cleanup_free char *target = argc == 2 ? realpath(argv[1], NULL) : NULL;
	struct engine_probe probe = { 0 };
	int r;

	engine = engine_find("qemu-tcg");
	if (!target || !dir || engine->probe(&probe) < 0)
		return 2;
	if (!probe.usable) {
		print_message("[  SKIPPED ] %s\n", probe.reason);
		return 77;
	}
	make_kernel();
	snprintf(library, sizeof(library), "%s/" ENGINE_CLONE_LIBRARY, dir);
	if (symlink(target, library) < 0 && errno != EEXIST)
		return 2;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(library);
	unlink(kernel_path);
	return r;
}
