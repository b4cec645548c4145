/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A bzImage is a small loader and a compressed ELF file; its header says
 * where that lies (Documentation/arch/x86/boot.rst: payload_offset, payload_length; the last four
 * bytes are the size of the content, except for gzip, where they are part of the stream).
 * libarchive's filters unpack it.  A virtual machine can enter the ELF file directly when a note
 * in it gives the PVH entry point.  Whatever does not look exactly like that stays a bzImage,
 * which always works.
 *
 * The kernel is an administrator's choice; offsets and sizes in it are checked all the same.
 */
#include "kernel/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"

#define KERNEL_MAX MIB(512)
#define READ_STEP  KIB(256)

#define SETUP_SECTS_AT	  0x1f1
#define HEADER_MAGIC_AT	  0x202
#define VERSION_AT	  0x206
#define PAYLOAD_OFFSET_AT 0x248
#define PAYLOAD_LENGTH_AT 0x24c
#define HEADER_END	  0x250
#define VERSION_PAYLOAD	  0x0208 /* the first version with payload_offset */

#define NOTE_PVH_ENTRY 18 /* XEN_ELFNOTE_PHYS32_ENTRY */

struct span {
	const char *data;
	size_t len;
};

static uint32_t get_u32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static bool find_payload(const struct buf *file, struct span *ret)
{
	size_t setup, offset, len;
	unsigned char sects;

	if (file->len < HEADER_END || memcmp(file->data + HEADER_MAGIC_AT, "HdrS", 4) != 0 ||
	    (get_u32(file->data + VERSION_AT) & 0xffff) < VERSION_PAYLOAD)
		return false;
	sects = (unsigned char)file->data[SETUP_SECTS_AT];
	setup = (sects ? sects + 1UL : 5UL) * 512;
	offset = setup + get_u32(file->data + PAYLOAD_OFFSET_AT);
	len = get_u32(file->data + PAYLOAD_LENGTH_AT);
	if (offset > file->len || len > file->len - offset || len < 8)
		return false;
	ret->data = file->data + offset;
	ret->len = memcmp(ret->data, "\x1f\x8b", 2) == 0 ? len : len - 4;
	return true;
}

static int unpack_payload(const struct span *packed, struct buf *ret)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	la_ssize_t n = -1;
	int r = 0;

	if (!a)
		return -ENOMEM;
	archive_read_support_filter_all(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_memory(a, packed->data, packed->len) == ARCHIVE_OK &&
	    archive_read_next_header(a, &e) == ARCHIVE_OK)
		do {
			r = ret->len > KERNEL_MAX ? -EFBIG : buf_reserve(ret, READ_STEP);
			if (r < 0)
				break;
			n = archive_read_data(a, ret->data + ret->len, READ_STEP);
			ret->len += n > 0 ? (size_t)n : 0;
		} while (n > 0);
	archive_read_free(a);
	return r < 0 ? r : n < 0 ? -EBADMSG : 0;
}

/* Is there a PVH entry among the notes of a segment? */
static bool has_pvh_note(struct span notes, size_t align)
{
	while (notes.len >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		size_t name, size;

		memcpy(&note, notes.data, sizeof(note));
		name = ((size_t)note.n_namesz + align - 1) & ~(align - 1);
		size = sizeof(note) + name + (((size_t)note.n_descsz + align - 1) & ~(align - 1));
		if (size > notes.len)
			return false;
		if (note.n_type == NOTE_PVH_ENTRY && note.n_namesz == 4 &&
		    memcmp(notes.data + sizeof(note), "Xen", 4) == 0)
			return true;
		notes.data += size;
		notes.len -= size;
	}
	return false;
}

static bool can_boot_directly(const struct buf *elf)
{
	Elf64_Ehdr header;

	if (elf->len < sizeof(header))
		return false;
	memcpy(&header, elf->data, sizeof(header));
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64 ||
	    header.e_phentsize != sizeof(Elf64_Phdr))
		return false;
	for (size_t i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr segment;

		if (header.e_phoff > elf->len ||
		    (i + 1) * sizeof(segment) > elf->len - header.e_phoff)
			return false;
		memcpy(&segment, elf->data + header.e_phoff + i * sizeof(segment), sizeof(segment));
		if (segment.p_type != PT_NOTE || segment.p_offset > elf->len ||
		    segment.p_filesz > elf->len - segment.p_offset)
			continue;
		if (has_pvh_note((struct span){ elf->data + segment.p_offset, segment.p_filesz },
				 4))
			return true;
	}
	return false;
}

/* Does the kernel take devices from its command line?  A built-in module's parameters are in it as
 * text, with their full names; in a bzImage that text is compressed, and not found. */
static bool has_device_parameter(const struct buf *kernel)
{
	static const char name[] = "virtio_mmio.device";

	return memmem(kernel->data, kernel->len, name, sizeof(name)) != NULL;
}

int kernel_unpack(int in_fd, int out_fd, bool *ret_device_parameters, struct err *err)
{
	cleanup(buf_reset) struct buf file = BUF_INIT, elf = BUF_INIT;
	const struct buf *best = &file;
	struct span packed;
	int r;

	if (lseek(in_fd, 0, SEEK_SET) < 0)
		return err_errno(err, -errno, "kernel");
	r = fd_read_file(in_fd, KERNEL_MAX, &file);
	if (r == 0 && find_payload(&file, &packed)) {
		r = unpack_payload(&packed, &elf);
		if (r == 0 && can_boot_directly(&elf))
			best = &elf;
		if (r != -ENOMEM)
			r = 0;
	}
	if (r == 0)
		r = fd_write_all(out_fd, best->data, best->len);
	if (r < 0)
		return err_errno(err, r, "kernel");
	*ret_device_parameters = has_device_parameter(best);
	return 0;
}
