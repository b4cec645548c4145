/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest/container/devices.h"

/* Runs the filter as the kernel does, for the few instructions it is made of. */
static uint64_t run(const struct bpf_cgroup_dev_ctx *ctx)
{
	struct bpf_insn program[DEVICES_PROGRAM_MAX];
	uint64_t reg[MAX_BPF_REG] = { 0 };
	size_t n = devices_program(program);

	for (size_t pc = 0; pc < n; pc++) {
		const struct bpf_insn *i = &program[pc];
		uint64_t *dst = &reg[i->dst_reg];
		uint32_t word;

		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			memcpy(&word, (const char *)ctx + i->off, sizeof(word));
			*dst = word;
			break;
		case BPF_ALU64 | BPF_MOV | BPF_X:
			*dst = reg[i->src_reg];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			*dst = (uint64_t)i->imm;
			break;
		case BPF_ALU64 | BPF_AND | BPF_K:
			*dst &= (uint64_t)i->imm;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += *dst == (uint64_t)i->imm ? (size_t)i->off : 0;
			break;
		case BPF_JMP | BPF_JNE | BPF_K:
			pc += *dst != (uint64_t)i->imm ? (size_t)i->off : 0;
			break;
		case BPF_JMP | BPF_EXIT:
			return reg[BPF_REG_0];
		default:
			fail_msg("unknown instruction %#x", i->code);
		}
	}
	fail_msg("the program does not end");
	return 0;
}

static uint64_t may(uint32_t access, uint32_t type, uint32_t major, uint32_t minor)
{
	return run(&(struct bpf_cgroup_dev_ctx){
		.access_type = access << 16 | type, .major = major, .minor = minor });
}

static void devices_of_a_container_can_be_used(void **state)
{
	static const uint32_t devices[][2] = { { 1, 3 }, { 1, 5 },   { 1, 7 },
					       { 1, 8 }, { 1, 9 },   { 5, 0 },
					       { 5, 2 }, { 136, 0 }, { 136, 300 } };

	(void)state;
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++)
		for (uint32_t access = 1; access < 8; access++)
			assert_true(may(access, BPF_DEVCG_DEV_CHAR, devices[i][0], devices[i][1]));
}

static void devices_of_the_machine_cannot(void **state)
{
	static const uint32_t devices[][2] = { { 1, 1 },   { 1, 11 },  { 4, 64 },
					       { 5, 1 },   { 5, 3 },   { 10, 200 },
					       { 254, 0 }, { 137, 0 }, { 3, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++)
		for (uint32_t access = 2; access < 8; access++)
			assert_false(may(access, BPF_DEVCG_DEV_CHAR, devices[i][0], devices[i][1]));
	for (uint32_t access = 2; access < 8; access++) {
		assert_false(may(access, BPF_DEVCG_DEV_BLOCK, 254, 16));
		assert_false(may(access, BPF_DEVCG_DEV_BLOCK, 1, 3));
		assert_false(may(access, BPF_DEVCG_DEV_BLOCK, 136, 0));
	}
}

static void every_node_can_be_made(void **state)
{
	(void)state;
	assert_true(may(BPF_DEVCG_ACC_MKNOD, BPF_DEVCG_DEV_BLOCK, 254, 16));
	assert_true(may(BPF_DEVCG_ACC_MKNOD, BPF_DEVCG_DEV_CHAR, 4, 64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_of_a_container_can_be_used),
		cmocka_unit_test(devices_of_the_machine_cannot),
		cmocka_unit_test(every_node_can_be_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
