/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "tar/entry.h"

/* The contents of the headers that precede a member. */
struct tar_pax {
	char *path, *link; /* owned */
	bool has_size, has_uid, has_gid, has_mtime;
	uint64_t size;
	uint32_t uid, gid;
	int64_t mtime_sec;
	uint32_t mtime_nsec;
	struct tar_entry xattrs; /* only its extended attributes are used */
	bool is_sparse;		 /* GNU's format 1.0 */
	uint64_t real_size;
	char *sparse_path;
};

void tar_pax_reset(struct tar_pax *p);

/**
 * tar_pax_parse() - read the records of a pax header (POSIX.1-2017, pax, "pax Extended Header")
 * @text: with a NUL behind its @len bytes
 *
 * Members of @p that no record is about stay as they are.
 *
 * Return: 0; -EBADMSG; -EOPNOTSUPP for GNU's sparse formats 0.0 and 0.1; -ENOMEM; with a message.
 */
int tar_pax_parse(const char *text, size_t len, struct tar_pax *p, struct err *err);

/** tar_pax_apply() - change an entry by the headers that preceded it.  @size: of the data in the
 * archive */
void tar_pax_apply(struct tar_pax *p, struct tar_entry *e, int64_t *size);
