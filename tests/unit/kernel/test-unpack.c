/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/str.h"
#include "kernel/unpack.h"
#include "pack.h"

static int memfd_with(const void *data, size_t len)
{
	int fd = memfd_create("kernel", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, data, len), 0);
	return fd;
}

/* An ELF file with one note segment. */
struct elf {
	Elf64_Ehdr header;
	Elf64_Phdr notes;
	Elf64_Nhdr note;
	char name[4];
	uint64_t entry;
};

static struct elf make_elf(uint32_t note_type)
{
	return (struct elf){
		.header = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64 },
			    .e_machine = EM_X86_64,
			    .e_phoff = offsetof(struct elf, notes),
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 1 },
		.notes = { .p_type = PT_NOTE,
			   .p_offset = offsetof(struct elf, note),
			   .p_filesz = sizeof(struct elf) - offsetof(struct elf, note) },
		.note = { .n_namesz = 4, .n_descsz = 8, .n_type = note_type },
		.name = "Xen",
		.entry = 0x1000000,
	};
}

/* A loader of one sector, the payload right after it.  @ret holds 2048 bytes.  Return: their
 * number. */
static size_t make_bzimage(const void *content, size_t len, unsigned char *ret)
{
	size_t packed;

	memset(ret, 0, 2048);
	ret[0x1f1] = 1;
	memcpy(ret + 0x202, "HdrS", 4);
	memcpy(ret + 0x206, (uint16_t[]){ 0x020f }, 2);
	packed = pack_gzip(content, len, ret + 1024, 1024);
	memcpy(ret + 0x24c, (uint32_t[]){ (uint32_t)packed }, 4);
	return 1024 + packed;
}

static void assert_unpacks_to(const void *in, size_t in_len, const void *out, size_t out_len)
{
	cleanup_close int from = memfd_with(in, in_len), to = memfd_create("out", MFD_CLOEXEC);
	cleanup(buf_reset) struct buf got = BUF_INIT;
	bool device_parameters;
	struct err err;

	if (kernel_unpack(from, to, &device_parameters, &err) < 0)
		fail_msg("%s", err.msg);
	lseek(to, 0, SEEK_SET);
	assert_int_equal(fd_read_file(to, MIB(1), &got), 0);
	assert_int_equal(got.len, out_len);
	assert_memory_equal(got.data, out, out_len);
}

static void a_kernel_with_a_direct_entry_is_unpacked(void **state)
{
	struct elf elf = make_elf(18);
	unsigned char image[2048];
	size_t len = make_bzimage(&elf, sizeof(elf), image);

	(void)state;
	assert_unpacks_to(image, len, &elf, sizeof(elf));
}

static void other_kernels_are_copied_as_they_are(void **state)
{
	struct elf elf = make_elf(17);
	unsigned char image[2048];
	size_t len = make_bzimage(&elf, sizeof(elf), image);

	(void)state;
	assert_unpacks_to(image, len, image, len);
	assert_unpacks_to("short", 5, "short", 5);
	elf = make_elf(18);
	assert_unpacks_to(&elf, sizeof(elf), &elf, sizeof(elf));
}

static bool takes_device_parameters(const char *content, size_t len)
{
	cleanup_close int from = memfd_with(content, len), to = memfd_create("out", MFD_CLOEXEC);
	bool ret;

	assert_int_equal(kernel_unpack(from, to, &ret, NULL), 0);
	return ret;
}

static void a_kernel_with_a_parameter_for_devices_needs_no_acpi(void **state)
{
	static const char with[] = "ELF\0virtio_mmio.device\0", without[] = "ELF\0virtio_mmio.c\0";

	(void)state;
	assert_true(takes_device_parameters(with, sizeof(with)));
	assert_false(takes_device_parameters(without, sizeof(without)));
}

static void headers_that_lie_do_no_harm(void **state)
{
	struct elf elf = make_elf(18);
	unsigned char image[2048];
	size_t len = make_bzimage(&elf, sizeof(elf), image);

	(void)state;
	memset(image + 0x24c, 0xff, 4);
	assert_unpacks_to(image, len, image, len);
	memset(image + 0x248, 0xff, 8);
	assert_unpacks_to(image, len, image, len);
	elf.header.e_phoff = UINT64_MAX - 4;
	len = make_bzimage(&elf, sizeof(elf), image);
	assert_unpacks_to(image, len, image, len);
	elf = make_elf(18);
	elf.note.n_namesz = UINT32_MAX;
	len = make_bzimage(&elf, sizeof(elf), image);
	assert_unpacks_to(image, len, image, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_with_a_direct_entry_is_unpacked),
		cmocka_unit_test(other_kernels_are_copied_as_they_are),
		cmocka_unit_test(a_kernel_with_a_parameter_for_devices_needs_no_acpi),
		cmocka_unit_test(headers_that_lie_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
