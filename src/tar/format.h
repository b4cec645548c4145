/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Blocks of a tar archive: POSIX ustar and pax, and GNU tar's own. */

#define TAR_BLOCK_BYTES 512u

struct tar_header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6];
	char version[2];
	char uname[32];
	char gname[32];
	char major[8];
	char minor[8];
	char prefix[155];
	char unused[12];
};

_Static_assert(sizeof(struct tar_header) == TAR_BLOCK_BYTES, "a header is a block");

/* One row of GNU's map of a sparse file. */
struct tar_gnu_extent {
	char offset[12];
	char len[12];
};

/* The header block of a sparse file in GNU tar's format. */
struct tar_gnu_header {
	char same[386];
	struct tar_gnu_extent map[4];
	char is_extended;
	char real_size[12];
	char unused[17];
};

_Static_assert(sizeof(struct tar_gnu_header) == TAR_BLOCK_BYTES, "a header is a block");

struct tar_gnu_more {
	struct tar_gnu_extent map[21];
	char is_extended;
	char unused[7];
};

_Static_assert(sizeof(struct tar_gnu_more) == TAR_BLOCK_BYTES, "a continued map is a block");
