/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  ext4 keeps some clusters back from everybody, for data it has accepted
 * already: "reserved_clusters".  All that the host has no room for is added to them.  Then a
 * write(2) that needs more fails with ENOSPC, df(1) shows what is left, and data accepted before
 * still finds its place.
 */
#include "guest/container/space.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "base/fd.h"
#include "base/str.h"
#include "guest/container/rootfs.h"

/*
 * At least as many clusters as the kernel itself keeps back (ext4_calculate_resv_clusters()): a
 * fiftieth of all blocks.  Their number is not known here, as f_blocks leaves out what the file
 * system takes for itself.  With fewer, a full file system has no room for what its next mount
 * needs, where the kernel's own number counts.
 */
#define OWN_MAX	 4096u
#define OWN_PART 40u
#define OWN_MIN	 32u

/* Blocks of data that is accepted and has no place yet; they do not count as free. */
static uint64_t read_delayed(int sys_fd)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	uint64_t n = 0;

	if (file_read_at(sys_fd, "delayed_allocation_blocks", 64, &text) < 0 || text.len == 0)
		return 0;
	text.data[strcspn(text.data, "\n")] = '\0';
	return str_to_u64(text.data, &n) < 0 ? 0 : n;
}

int space_limit(const char *dir, unsigned slot, uint64_t bytes)
{
	uint64_t room, delayed, keep;
	cleanup_close int sys_fd = -1;
	struct statvfs sb;
	char text[64];

	snprintf(text, sizeof(text), "/sys/fs/ext4/vd%c", rootfs_layer_letter(slot));
	sys_fd = open(text, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(text, sizeof(text), "%s/" RW_DIR, dir);
	if (sys_fd < 0 || statvfs(text, &sb) < 0)
		return -errno;
	delayed = read_delayed(sys_fd);
	keep = sb.f_blocks / OWN_PART + OWN_MIN;
	keep = keep < OWN_MAX ? keep : OWN_MAX;
	room = bytes / sb.f_frsize;
	room = room > delayed ? room - delayed : 0;
	if (room < sb.f_bfree && sb.f_bfree - room > keep)
		keep = sb.f_bfree - room;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)keep);
	return file_set_at(sys_fd, "reserved_clusters", text);
}
