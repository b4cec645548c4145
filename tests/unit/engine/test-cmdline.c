/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "engine/machine.h"
#include "engine/qemu/cmdline.h"

static const struct qemu_start start = { .binary = "/usr/bin/qemu",
					 .accel = QEMU_TCG,
					 .tsc_khz = 2500000,
					 .kernel_fd = 3,
					 .initrd_fd = 4,
					 .link_fd = 5,
					 .qmp_fd = 6,
					 .console_fd = 7,
					 .disk_fds = { 8, 9 },
					 .nic_fds = { 10 },
					 .share_fds = { 11 } };

static const struct machine machine = { .cpus = 2,
					.memory_bytes = MIB(256) + 1,
					.disks = { { .read_only = true }, { .read_only = false } },
					.n_disks = 2 };

/* With all of its devices, and nothing to them. */
static struct machine empty_machine(void)
{
	struct machine m = { .cpus = 1, .memory_bytes = MIB(256) };

	machine_add_devices(&m, GIB(32), GIB(10));
	return m;
}

static char **build(const struct qemu_start *s, const struct machine *m)
{
	char **v = NULL;
	struct err err;

	if (qemu_cmdline(s, m, &v, &err) < 0)
		fail_msg("%s", err.msg);
	return v;
}

/* The argument after the @nth option @name. */
static const char *value(char **v, const char *name, size_t nth)
{
	for (; *v; v++)
		if (streq(*v, name) && nth-- == 0)
			return v[1];
	fail_msg("no %s", name);
	return NULL;
}

static void emulation_is_told_the_rate_of_the_counter(void **state)
{
	cleanup_strv char **v = build(&start, &machine);

	(void)state;
	assert_string_equal(v[0], "/usr/bin/qemu");
	assert_non_null(str_starts(value(v, "-accel", 0), "tcg,"));
	assert_string_equal(value(v, "-cpu", 0), "max,erms=off,fsrm=off");
	assert_non_null(strstr(value(v, "-append", 0), " tsc_early_khz=2500000"));
	assert_non_null(strstr(value(v, "-append", 0), " lapic_timer_hz=1000000000"));
}

static void kvm_gives_the_hosts_processor(void **state)
{
	struct qemu_start s = start;
	cleanup_strv char **v = NULL;

	(void)state;
	s.accel = QEMU_KVM;
	s.tsc_khz = 0;
	v = build(&s, &machine);
	assert_string_equal(value(v, "-accel", 0), "kvm");
	assert_string_equal(value(v, "-cpu", 0), "host");
	assert_null(strstr(value(v, "-append", 0), "tsc_early_khz"));
}

static void memory_is_rounded_up_to_whole_mebibytes(void **state)
{
	cleanup_strv char **v = build(&start, &machine);

	(void)state;
	assert_string_equal(value(v, "-m", 0), "257M");
	assert_string_equal(value(v, "-smp", 0), "2");
}

static void acpi_is_there_for_kernels_that_need_it(void **state)
{
	struct machine m = machine;
	cleanup_strv char **without = build(&start, &m);

	(void)state;
	m.acpi = true;
	cleanup_strv char **with = build(&start, &m);
	assert_true(str_ends(value(without, "-machine", 0), ",acpi=off"));
	assert_true(str_ends(value(with, "-machine", 0), ",acpi=on"));
}

static void files_are_descriptors(void **state)
{
	cleanup_strv char **v = build(&start, &machine);

	(void)state;
	assert_string_equal(value(v, "-kernel", 0), "/dev/fd/3");
	assert_string_equal(value(v, "-initrd", 0), "/dev/fd/4");
	assert_string_equal(value(v, "-add-fd", 0), "fd=7,set=1");
	assert_string_equal(value(v, "-chardev", 1), "socket,id=qmp,fd=6");
	assert_string_equal(value(v, "-chardev", 2), "socket,id=link,fd=5");
}

static void disks_come_in_order_with_their_access(void **state)
{
	cleanup_strv char **v = build(&start, &machine);

	(void)state;
	assert_string_equal(value(v, "-add-fd", 1), "fd=8,set=2");
	assert_string_equal(value(v, "-add-fd", 2), "fd=9,set=3");
	assert_non_null(strstr(value(v, "-blockdev", 0), "filename=/dev/fdset/2,"));
	assert_non_null(strstr(value(v, "-blockdev", 0), ",read-only=on,"));
	assert_non_null(strstr(value(v, "-blockdev", 1), ",read-only=off,discard=unmap,"));
	assert_string_equal(value(v, "-device", 2),
			    "virtio-blk-device,drive=disk0,werror=report,rerror=report");
	assert_string_equal(value(v, "-device", 3),
			    "virtio-blk-device,drive=disk1,werror=report,rerror=report");
}

static void a_blank_disk_has_a_size_and_no_file(void **state)
{
	struct machine m = empty_machine();
	cleanup_strv char **v = NULL;

	(void)state;
	m.disks[MACHINE_LAYER_DISK(0)].fd = 20;
	v = build(&start, &m);
	assert_string_equal(value(v, "-add-fd", 1), "fd=9,set=3");
	assert_string_equal(value(v, "-blockdev", 0),
			    "driver=raw,node-name=disk0,read-only=on,discard=ignore,"
			    "detect-zeroes=off,file.driver=null-co,file.size=34359738368,"
			    "file.read-zeroes=on");
	assert_non_null(strstr(value(v, "-blockdev", 1), "filename=/dev/fdset/3,"));
	assert_non_null(strstr(value(v, "-blockdev", 2), ",read-only=on,"));
	assert_non_null(strstr(value(v, "-blockdev", 3), ",read-only=off,"));
	assert_non_null(strstr(value(v, "-blockdev", 3), ",file.size=10737418240,"));
}

static void a_nic_is_on_a_tap_or_on_nothing(void **state)
{
	struct machine m = empty_machine();
	cleanup_strv char **nowhere = build(&start, &m), **tap = NULL;

	(void)state;
	m.nics[0].tap_fd = 30;
	tap = build(&start, &m);
	assert_string_equal(value(nowhere, "-netdev", 0),
			    "dgram,id=nic0,local.type=fd,local.str=10");
	assert_string_equal(value(tap, "-netdev", 0), "tap,id=nic0,fd=10,vhost=off");
	assert_string_equal(value(nowhere, "-device", 8),
			    "virtio-net-device,netdev=nic0,guest_announce=off");
	assert_string_equal(value(tap, "-device", 8),
			    "virtio-net-device,netdev=nic0,guest_announce=off");
	assert_string_equal(value(tap, "-global", 1), "migration.announce-rounds=0");
}

static void a_share_is_a_port_beside_the_link(void **state)
{
	struct machine m = empty_machine();
	cleanup_strv char **unserved = build(&start, &m), **served = NULL;

	(void)state;
	m.shares[0].fd = 31;
	served = build(&start, &m);
	assert_string_equal(value(unserved, "-chardev", 3), "null,id=share0");
	assert_string_equal(value(served, "-chardev", 3), "socket,id=share0,fd=11");
	assert_string_equal(value(served, "-device", 0), "virtio-serial-device,max_ports=4");
	assert_string_equal(value(served, "-device", 1),
			    "virtserialport,chardev=link,nr=1,name=moat.link");
	assert_string_equal(value(served, "-device", 2),
			    "virtserialport,chardev=share0,nr=2,name=moat.share.0");
}

static void all_machines_give_memory_back(void **state)
{
	static const char balloon[] =
		"virtio-balloon-device,free-page-reporting=on,page-poison=off,"
		"deflate-on-oom=on";
	struct machine_template from = { .memory_fd = 10, .state_fd = -1 };
	struct machine m = machine;
	cleanup_strv char **booted = build(&start, &m), **template = NULL, **clone = NULL;

	(void)state;
	m.from = &from;
	template = build(&start, &m);
	from.state_fd = 11;
	clone = build(&start, &m);
	assert_string_equal(value(booted, "-device", 4), balloon);
	assert_string_equal(value(template, "-device", 4), balloon);
	assert_string_equal(value(clone, "-device", 4), balloon);
	assert_null(strstr(value(booted, "-append", 0), "page_reporting.skip_first"));
	assert_non_null(strstr(value(template, "-append", 0), " page_reporting.skip_first=1"));
}

static void a_kernel_command_line_stays_one_argument(void **state)
{
	struct machine m = machine;
	cleanup_strv char **v = NULL;

	(void)state;
	m.cmdline = "-device pci=on, x";
	v = build(&start, &m);
	assert_true(str_ends(value(v, "-append", 0), " -device pci=on, x"));
}

static void assert_refused(const struct machine *m)
{
	struct err err = { 0 };

	assert_int_equal(qemu_check_machine(m, &err), -EINVAL);
	assert_true(err.msg[0] != '\0');
}

static void impossible_machines_are_refused(void **state)
{
	struct machine m = machine;

	(void)state;
	m.cpus = 0;
	assert_refused(&m);
	m = machine;
	m.cpus = 4096;
	assert_refused(&m);
	m = machine;
	m.memory_bytes = KIB(4);
	assert_refused(&m);
	m.memory_bytes = UINT64_MAX;
	assert_refused(&m);
	m = machine;
	m.n_disks = MACHINE_DISKS_MAX + 1;
	assert_refused(&m);
	m = machine;
	m.n_nics = MACHINE_NICS_MAX + 1;
	assert_refused(&m);
	m = machine;
	m.n_shares = MACHINE_SHARES_MAX + 1;
	assert_refused(&m);
	m = machine;
	assert_int_equal(qemu_check_machine(&m, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(emulation_is_told_the_rate_of_the_counter),
		cmocka_unit_test(kvm_gives_the_hosts_processor),
		cmocka_unit_test(memory_is_rounded_up_to_whole_mebibytes),
		cmocka_unit_test(acpi_is_there_for_kernels_that_need_it),
		cmocka_unit_test(files_are_descriptors),
		cmocka_unit_test(disks_come_in_order_with_their_access),
		cmocka_unit_test(a_blank_disk_has_a_size_and_no_file),
		cmocka_unit_test(a_nic_is_on_a_tap_or_on_nothing),
		cmocka_unit_test(a_share_is_a_port_beside_the_link),
		cmocka_unit_test(all_machines_give_memory_back),
		cmocka_unit_test(a_kernel_command_line_stays_one_argument),
		cmocka_unit_test(impossible_machines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
