/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "engine/engine.h"
#include "engine/probe.h"
#include "engine/qemu/tsc.h"

static void engines_are_found_by_name(void **state)
{
	(void)state;
	assert_string_equal(engine_find("qemu-tcg")->name, "qemu-tcg");
	assert_string_equal(engine_find("qemu-kvm")->name, "qemu-kvm");
	assert_null(engine_find("qemu"));
}

static void the_probe_always_says_why(void **state)
{
	struct engine_probe p;

	(void)state;
	assert_int_equal(kvm_probe(&p), 0);
	assert_true(p.reason[0] != '\0');
	if (p.usable)
		assert_true(p.nsec_per_instruction > 0 &&
			    p.nsec_per_instruction <= KVM_NSEC_PER_INSTRUCTION_MAX);
}

static void the_choice_agrees_with_the_probe(void **state)
{
	struct engine_probe choice, kvm;
	const struct engine *e;
	struct err err;

	(void)state;
	if (engine_choose(&e, &choice, &err) < 0) {
		assert_non_null(strstr(err.msg, "qemu-system-x86"));
		print_message("[  SKIPPED ] no QEMU here\n");
		skip();
	}
	assert_true(choice.usable);
	assert_int_equal(engine_find("qemu-kvm")->probe(&kvm), 0);
	if (!kvm.usable) {
		assert_string_equal(e->name, "qemu-tcg");
		assert_non_null(strstr(choice.reason, "using software emulation"));
	}
}

static void a_descriptor_with_the_wrong_access_is_refused(void **state)
{
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct machine m = { .cpus = 1,
			     .memory_bytes = MIB(128),
			     .kernel_fd = null_fd,
			     .initrd_fd = null_fd,
			     .link_fd = null_fd,
			     .console_fd = null_fd,
			     .log_fd = null_fd };
	struct err err = { 0 };
	struct vm *vm = NULL;

	(void)state;
	assert_int_equal(engine_find("qemu-tcg")->start(&m, &vm, &err), -EBADF);
	assert_null(vm);
	assert_non_null(strstr(err.msg, "console"));
	close(null_fd);
}

static void two_measurements_of_the_counter_agree(void **state)
{
	unsigned a = tsc_khz(), b = tsc_khz();

	(void)state;
	if (a == 0) {
		print_message("[  SKIPPED ] no time stamp counter here\n");
		skip();
	}
	assert_true(a > b - b / 10 && a < b + b / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(engines_are_found_by_name),
		cmocka_unit_test(the_probe_always_says_why),
		cmocka_unit_test(the_choice_agrees_with_the_probe),
		cmocka_unit_test(a_descriptor_with_the_wrong_access_is_refused),
		cmocka_unit_test(two_measurements_of_the_counter_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
