/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/fuse.h>
#include <stdint.h>

/*
 * Messages on a container's port for shares (docs/FS.md): the requests of the guest's kernel and
 * their replies as linux/fuse.h has them, each after its length, and a few messages of moat's own.
 * Those of the host have a reply's head with `unique` 0 and a code in the place of the error; those
 * of the guest a request's head with `unique` 0 and an opcode.  A request of the kernel's with
 * `unique` 0 was answered in the guest, and gets no reply.
 */

#define SHARES_PORT_NAME "moat.share" /* ".0" for the container in slot 0 */

#define SHARES_WRITE_MAX (1u << 20) /* bytes of data in a request or a reply */
#define SHARES_FRAME_MAX (SHARES_WRITE_MAX + 8192)

/* The host's first message on a port.  Bytes before it were left by an earlier container. */
#define SHARES_HELLO   0x4d01
#define SHARES_MAGIC_N 16
#define SHARES_MAGIC   ((const char[SHARES_MAGIC_N + 1]){ "moat shares v1\r\n" })

struct shares_hello {
	struct fuse_out_header head;
	char magic[SHARES_MAGIC_N];
};

/* Somebody else has changed a file: the guest forgets what it has cached, and wakes watchers. */
#define SHARES_CHANGED 0x4d02

enum shares_change {
	SHARES_ENTRY = 1,   /* the entry @name of @parent */
	SHARES_ATTR = 2,    /* attributes of @node */
	SHARES_DATA = 4,    /* content of @node */
	SHARES_CREATED = 8, /* @name is new in @parent: mode says what it is */
	SHARES_REMOVED = 16,
	SHARES_IS_DIR = 32,
	SHARES_EXPIRE = 64, /* the guest's kernel may just let the entry expire */
	SHARES_ALL = 128,   /* all, or the server knows too many: forget all that is unused */
};

struct shares_changed {
	struct fuse_out_header head;
	uint64_t parent; /* 0: not known to the guest */
	uint64_t node;	 /* the same */
	uint32_t what;	 /* enum shares_change */
	uint32_t mode;
	/* Then the name, without a NUL, up to the end of the message. */
};

/* In the attributes of a file or folder (fuse_attr.flags): what the guest caches of it stays valid
 * until the host says otherwise, whatever the guest reads.  Such a file may be opened for reading
 * without a request, and the server keeps it until the guest has forgotten it; requests name it by
 * its node, and 0.  A kernel that does so (kernel/patches) says it in the flags of its INIT; others
 * are not told. */
#define SHARES_ATTR_UNASKED (1u << 31)
#define SHARES_INIT_UNASKED (1ull << 63)

/* The guest's first message: the thread whose requests only pretend changes, so that watchers in
 * the guest are woken (docs/FS.md). */
#define SHARES_BEGIN 0x4d10

struct shares_begin {
	struct fuse_in_header head;
	uint32_t waker; /* as in the pid of its requests */
	uint32_t padding;
};

/* The group of a request of the waker's says what the request pretends: */
#define SHARES_GID_CREATE     0x4d000001u /* a name that exists was just made */
#define SHARES_GID_REMOVE     0x4d000002u /* a name that is gone was just removed */
#define SHARES_GID_REMOVE_DIR 0x4d000003u
#define SHARES_GID_TOUCH      0x4d000004u /* a file was just changed */

/* How many SHARES_CHANGED the guest has dealt with: the host may send as many more. */
#define SHARES_TAKEN  0x4d11
#define SHARES_WINDOW 256u /* SHARES_CHANGED on their way, at most */

struct shares_taken {
	struct fuse_in_header head;
	uint32_t count;
	uint32_t padding;
};

/* The guest has opened a file for reading and answered the OPEN itself; the head has the node and
 * who opened. */
#define SHARES_OPEN 0x4d12

/* Handle of such a file: this plus a place that the guest has chosen. */
#define SHARES_FH     0x8000000000000000u
#define SHARES_FH_MAX 4096u

struct shares_open {
	struct fuse_in_header head;
	uint64_t fh;
	uint32_t flags; /* of open(2) */
	uint32_t padding;
};
