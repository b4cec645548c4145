/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <assert.h>
#include <stdint.h>

/*
 * The parts of EROFS's disk format that we write; all integers are little-endian.  Linux
 * Documentation/filesystems/erofs.rst.
 */

#define EROFS_MAGIC	   0xE0F5E1E2u
#define EROFS_SUPER_OFFSET 1024u
#define EROFS_BLOCK_BITS   12u
#define EROFS_BLOCK	   (1u << EROFS_BLOCK_BITS)
#define EROFS_SLOT	   32u /* inode numbers are in units of this, in the metadata area */

#define EROFS_COMPAT_SB_CHKSUM 0x1u
#define EROFS_COMPAT_MTIME     0x2u

struct erofs_super {
	uint32_t magic;
	uint32_t checksum; /* crc32c of the rest of the block, with this field 0 */
	uint32_t feature_compat;
	uint8_t block_bits;
	uint8_t ext_slots;
	uint16_t root_nid;
	uint64_t n_inodes;
	uint64_t build_time; /* mtime of all compact inodes */
	uint32_t build_time_nsec;
	uint32_t blocks;
	uint32_t meta_block;
	uint32_t xattr_block;
	uint8_t uuid[16];
	uint8_t volume_name[16];
	uint32_t feature_incompat;
	uint8_t reserved[44];
};
static_assert(sizeof(struct erofs_super) == 128, "superblock");

#define EROFS_FORMAT_EXTENDED 0x1u
#define EROFS_LAYOUT_PLAIN    (0u << 1) /* all data in whole blocks */
#define EROFS_LAYOUT_INLINE   (2u << 1) /* the last, partial block behind the inode */

struct erofs_inode_compact {
	uint16_t format;
	uint16_t xattr_count;
	uint16_t mode;
	uint16_t nlink;
	uint32_t size;
	uint32_t reserved;
	uint32_t block_or_rdev;
	uint32_t ino;
	uint16_t uid;
	uint16_t gid;
	uint32_t reserved2;
};
static_assert(sizeof(struct erofs_inode_compact) == 32, "compact inode");

struct erofs_inode_extended {
	uint16_t format;
	uint16_t xattr_count;
	uint16_t mode;
	uint16_t reserved;
	uint64_t size;
	uint32_t block_or_rdev;
	uint32_t ino;
	uint32_t uid;
	uint32_t gid;
	uint64_t mtime;
	uint32_t mtime_nsec;
	uint32_t nlink;
	uint8_t reserved2[16];
};
static_assert(sizeof(struct erofs_inode_extended) == 64, "extended inode");

/* Header of attributes, behind an inode; xattr_count is 1 + the units of 4 that follow this
 * header. */
struct erofs_xattr_header {
	uint8_t reserved[4];
	uint8_t n_shared;
	uint8_t reserved2[7];
};
static_assert(sizeof(struct erofs_xattr_header) == 12, "xattr header");

struct erofs_xattr_entry {
	uint8_t name_len; /* without the prefix that name_index stands for */
	uint8_t name_index;
	uint16_t value_len;
};
static_assert(sizeof(struct erofs_xattr_entry) == 4, "xattr entry");

#define EROFS_XATTR_ALIGN 4u

enum erofs_xattr_index {
	EROFS_XATTR_USER = 1,
	EROFS_XATTR_ACL_ACCESS = 2,
	EROFS_XATTR_ACL_DEFAULT = 3,
	EROFS_XATTR_TRUSTED = 4,
	EROFS_XATTR_SECURITY = 6,
};

/* A block of a folder has these, then the names; the first name_pos tells how many entries there
 * are. */
struct erofs_dirent {
	uint64_t nid;
	uint16_t name_pos;
	uint8_t type;
	uint8_t reserved;
} __attribute__((packed));
static_assert(sizeof(struct erofs_dirent) == 12, "dirent");

enum erofs_type {
	EROFS_TYPE_FILE = 1,
	EROFS_TYPE_DIR = 2,
	EROFS_TYPE_CHAR = 3,
	EROFS_TYPE_BLOCK = 4,
	EROFS_TYPE_FIFO = 5,
	EROFS_TYPE_SOCKET = 6,
	EROFS_TYPE_LINK = 7,
};
