/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  libext2fs lays out an ext4 in memory, and what it wrote is copied to a
 * sparse file.  A file that was just made reads as zeros, so inode tables and journal are called
 * initialised without writing them, and no kernel does it later either: a file system costs what is
 * in it.  Metadata checksums are left out, as software emulation pays for each; block groups keep
 * the cheap ones that let unused parts be skipped.  There is no lost+found: nobody looks for
 * anything there, and whoever finds it in a new folder takes that for used.
 *
 * Only the caller decides about name, size and folders.
 */
#include "storage/ext4.h"

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path-text.h"
#include "base/random.h"
#include "base/str.h"

#define BLOCK_SIZE	4096
#define BLOCK_SIZE_LOG	2 /* as ext4 counts: 1024 << 2 */
#define INODE_SIZE	256
#define BYTES_PER_INODE KIB(16)
#define GROUPS_PER_FLEX 4 /* 1 << 4 groups keep their tables together */
#define JOURNAL_MAX	(MIB(8) / BLOCK_SIZE)
#define JOURNAL_MIN	1024 /* blocks; what jbd2 accepts */

static void describe_file_system(struct ext2_super_block *sb, uint64_t size_bytes)
{
	*sb = (struct ext2_super_block){
		.s_rev_level = EXT2_DYNAMIC_REV,
		.s_log_block_size = BLOCK_SIZE_LOG,
		.s_log_cluster_size = BLOCK_SIZE_LOG,
		.s_inode_size = INODE_SIZE,
		.s_min_extra_isize = 32,
		.s_want_extra_isize = 32,
		.s_log_groups_per_flex = GROUPS_PER_FLEX,
		.s_errors = EXT2_ERRORS_RO,
	};
	ext2fs_blocks_count_set(sb, size_bytes / BLOCK_SIZE);
	sb->s_inodes_count =
		(__u32)(size_bytes / BYTES_PER_INODE < UINT32_MAX / 2 ? size_bytes / BYTES_PER_INODE
								      : UINT32_MAX / 2);
	ext2fs_set_feature_64bit(sb);
	ext2fs_set_feature_dir_index(sb);
	ext2fs_set_feature_dir_nlink(sb);
	ext2fs_set_feature_extents(sb);
	ext2fs_set_feature_extra_isize(sb);
	ext2fs_set_feature_filetype(sb);
	ext2fs_set_feature_flex_bg(sb);
	ext2fs_set_feature_gdt_csum(sb);
	ext2fs_set_feature_huge_file(sb);
	ext2fs_set_feature_large_file(sb);
	ext2fs_set_feature_sparse_super(sb);
	ext2fs_set_feature_sparse_super2(sb); /* no copies of the superblock */
	ext2fs_set_feature_xattr(sb);
}

/* libext2fs has error codes of its own beside errno's. */
static int to_errno(errcode_t e)
{
	if (e == 0)
		return 0;
	if (e == EXT2_ET_NO_MEMORY)
		return -ENOMEM;
	return e > 0 && e < 4096 ? -(int)e : -EIO;
}

static errcode_t set_identity(ext2_filsys fs)
{
	struct ext2_super_block *sb = fs->super;

	if (random_bytes(sb->s_uuid, sizeof(sb->s_uuid)) < 0 ||
	    random_bytes(sb->s_hash_seed, sizeof(sb->s_hash_seed)) < 0)
		return EIO;
	sb->s_uuid[6] = (__u8)((sb->s_uuid[6] & 0x0f) | 0x40);
	sb->s_uuid[8] = (__u8)((sb->s_uuid[8] & 0x3f) | 0x80);
	sb->s_def_hash_version = EXT2_HASH_HALF_MD4;
	sb->s_default_mount_opts = EXT2_DEFM_XATTR_USER | EXT2_DEFM_ACL;
	sb->s_max_mnt_count = -1;
	return 0;
}

/* Marks the first inodes, which are reserved for ext4 itself, as used. */
static errcode_t reserve_inodes(ext2_filsys fs)
{
	for (ext2_ino_t ino = EXT2_BAD_INO; ino < EXT2_FIRST_INODE(fs->super); ino++)
		if (ino != EXT2_ROOT_INO)
			ext2fs_inode_alloc_stats2(fs, ino, +1, 0);
	ext2fs_mark_ib_dirty(fs);
	return ext2fs_update_bb_inode(fs, NULL);
}

static errcode_t make_journal(ext2_filsys fs)
{
	blk64_t blocks = ext2fs_blocks_count(fs->super) / 16;

	if (blocks > JOURNAL_MAX)
		blocks = JOURNAL_MAX;
	if (blocks < JOURNAL_MIN)
		blocks = JOURNAL_MIN;
	return ext2fs_add_journal_inode(fs, (blk_t)blocks,
					EXT2_MKJOURNAL_LAZYINIT | EXT2_MKJOURNAL_NO_MNT_CHECK);
}

/* The file is new, so tables nobody wrote are zero: nothing for the guest's kernel to zero
 * later. */
static void call_tables_zeroed(ext2_filsys fs)
{
	for (dgrp_t group = 0; group < fs->group_desc_count; group++) {
		ext2fs_bg_flags_set(fs, group, EXT2_BG_INODE_ZEROED);
		ext2fs_group_desc_csum_set(fs, group);
	}
}

/*
 * The overhead is what the file system takes for itself: all blocks in use but those of folders.
 * It is noted because a kernel that finds another number than it counts writes its own at the
 * first mount, in a transaction.
 */
static void note_overhead(ext2_filsys fs, unsigned folders)
{
	fs->super->s_overhead_clusters = (__u32)(ext2fs_blocks_count(fs->super) -
						 ext2fs_free_blocks_count(fs->super) - folders);
}

/* @path: of a folder; those above it are there */
static errcode_t make_folder(ext2_filsys fs, const char *path)
{
	cleanup_free char *parent = path_dir(path);
	const char *slash = strrchr(path, '/');
	ext2_ino_t ino = EXT2_ROOT_INO;
	errcode_t e = 0;

	if (!parent)
		return ENOMEM;
	if (slash)
		e = ext2fs_namei(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, parent, &ino);
	return e ? e : ext2fs_mkdir(fs, ino, 0, slash ? slash + 1 : path);
}

static errcode_t populate_file_system(ext2_filsys fs, const char *const *folders)
{
	errcode_t e = set_identity(fs);
	unsigned n = 0;

	if (!e)
		e = ext2fs_allocate_tables(fs);
	if (!e)
		e = ext2fs_mkdir(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, NULL);
	if (!e)
		e = reserve_inodes(fs);
	for (; !e && folders[n]; n++)
		e = make_folder(fs, folders[n]);
	if (!e)
		e = make_journal(fs);
	call_tables_zeroed(fs);
	note_overhead(fs, n + 1);
	return e;
}

static errcode_t make_filesystem(int fd, uint64_t size_bytes, const char *const *folders)
{
	struct ext2_super_block param;
	ext2_filsys fs = NULL;
	char name[32];
	errcode_t e;

	describe_file_system(&param, size_bytes);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	e = ext2fs_initialize(name, EXT2_FLAG_64BITS, &param, unix_io_manager, &fs);
	if (e)
		return e;
	e = populate_file_system(fs, folders);
	if (!e)
		e = ext2fs_close2(fs, EXT2_FLAG_FLUSH_NO_SYNC);
	if (e)
		ext2fs_free(fs);
	return e;
}

/* Copies all data, and no holes; @to is new and empty. */
static int copy_data(int from, int to, uint64_t size_bytes)
{
	off_t begin = lseek(from, 0, SEEK_DATA), end;

	for (; begin >= 0; begin = lseek(from, end, SEEK_DATA)) {
		int r;

		end = lseek(from, begin, SEEK_HOLE);
		if (end < 0 || lseek(from, begin, SEEK_SET) < 0 || lseek(to, begin, SEEK_SET) < 0)
			return -errno;
		r = fd_copy(from, to, (uint64_t)(end - begin));
		if (r < 0)
			return r;
	}
	if (errno != ENXIO)
		return -errno;
	return ftruncate(to, (off_t)size_bytes) < 0 ? -errno : 0;
}

/*
 * libext2fs syncs a file when it opens it, which on a busy disk takes longer than all the rest: so
 * the layout is made in memory.
 */
static int create_file(int dir_fd, const char *name, const struct ext4_plan *plan)
{
	uint64_t size_bytes = plan->size_bytes / BLOCK_SIZE * BLOCK_SIZE;
	cleanup_close int memory = memfd_create("ext4", MFD_CLOEXEC);
	cleanup_close int fd = -1;
	int r;

	if (memory < 0 || ftruncate(memory, (off_t)size_bytes) < 0)
		return -errno;
	r = to_errno(make_filesystem(memory, size_bytes, plan->folders));
	if (r < 0)
		return r;
	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (size_bytes < plan->file_bytes)
		size_bytes = plan->file_bytes;
	return fd < 0 ? -errno : copy_data(memory, fd, size_bytes);
}

int ext4_create(int dir_fd, const char *name, const struct ext4_plan *plan, struct err *err)
{
	cleanup_free char *tmp = str_printf(".%s.tmp", name);
	int r;

	if (!tmp)
		return err_nomem(err);
	if (plan->size_bytes < EXT4_SIZE_MIN || plan->size_bytes > EXT4_SIZE_MAX)
		return err_set(err, -EINVAL, "%s of %llu bytes: must be from 16 MiB to 8 TiB", name,
			       (unsigned long long)plan->size_bytes);
	r = create_file(dir_fd, tmp, plan);
	if (r == 0 && renameat(dir_fd, tmp, dir_fd, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dir_fd, tmp, 0);
		return err_errno(err, r, "%s", name);
	}
	return 0;
}

static uint64_t at_most(uint64_t bytes, uint64_t limit)
{
	return bytes < limit ? bytes : limit;
}

uint64_t ext4_with_overhead(uint64_t size_bytes)
{
	uint64_t journal = MIB(4) + at_most(size_bytes / 32, MIB(4));

	return size_bytes + journal + at_most(size_bytes / 45, MIB(16)) + size_bytes / 60 +
	       KIB(512);
}
