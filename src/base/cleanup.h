/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Scope-bound cleanup.  A variable marked cleanup_close or cleanup_free owns
 * what it holds until the end of its scope; take_fd(), take_ptr() and
 * take_struct() move the ownership out, visibly, and leave an empty variable behind.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free_fn(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close_fn(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_dir_fn(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define cleanup(fn)   __attribute__((cleanup(fn)))
#define cleanup_free  cleanup(cleanup_free_fn)
#define cleanup_close cleanup(cleanup_close_fn)
#define cleanup_dir   cleanup(cleanup_dir_fn)

/* Defines NAME_cleanup_fn(), so that cleanup(NAME_cleanup_fn) frees a `type *`. */
#define DEFINE_CLEANUP(type, fn)                                                                   \
	static inline void fn##_cleanup_fn(type **p)                                               \
	{                                                                                          \
		if (*p)                                                                            \
			fn(*p);                                                                    \
	}

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define take_ptr(p)                                                                                \
	__extension__({                                                                            \
		__typeof__(p) *take_from_ = &(p);                                                  \
		__typeof__(p) taken_ = *take_from_;                                                \
		*take_from_ = NULL;                                                                \
		taken_;                                                                            \
	})

/* For a structure that is empty when it is all zeros. */
#define take_struct(s)                                                                             \
	__extension__({                                                                            \
		__typeof__(s) taken_ = (s);                                                        \
		(s) = (__typeof__(s)){ 0 };                                                        \
		taken_;                                                                            \
	})
