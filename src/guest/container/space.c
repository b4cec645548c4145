/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  ext4 keeps some clusters back from everybody, for what it cannot refuse
 * any more: "reserved_clusters".  All that the host has no room for is added to them.  Then a
 * write(2) that needs more is ENOSPC, df(1) says how much there is, and what was accepted before
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
 * At least as many as the kernel itself keeps back (ext4_calculate_resv_clusters()), which is a
 * fiftieth of all blocks, and these are not known here: f_blocks is without those that the file
 * system takes for itself.  With fewer, a full file system has no room for what it needs to be
 * mounted again, where the kernel's own number counts.
 */
#define OWN_MAX	 4096u
#define OWN_PART 40u
#define OWN_MIN	 32u

/* Blocks of data that is to be written, and has no place yet; they are free no more. */
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
