/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/process/spawn.h"
#include "link/files.h"

/**
 * files_spawn() - fork a process that reads or writes a container's files
 *
 * It runs in moat-init's own pid namespace and cgroup, where the container's processes do not see
 * it.  Whether the operation can begin is to be read from the status descriptor; what it puts out
 * is in docs/LINK.md.
 *
 * Return: 0; -ESRCH when the container is over; -errno.
 */
int files_spawn(const struct container *c, const struct link_files *f, struct spawned *ret,
		struct err *err);

/* What an operation works on, in its own process. */
struct files_job {
	const struct container *container; /* borrowed */
	const struct link_files *files;
	int status_fd; /* -1 once it was said that it goes well */
};

/** files_begin() - say that nothing stands in the way of the operation any more */
void files_begin(struct files_job *job);

/** files_run() - in the new process: do it.  The process's standard descriptors are in place. */
_Noreturn void files_run(struct files_job *job);

/** files_locate() - what a path of the container is
 * @path:    absolute; with "/" or "/." at its end it is a folder, through symbolic links too
 * @ret_fd:  the folder it is in, owned; @ret_name: its name there, owned
 * Return: 0; -ENOENT, -ENOTDIR, -ELOOP; -errno. */
int files_locate(const char *path, int *ret_fd, char **ret_name);

/** files_follow() - where a path leads to in the end, though nothing may be there.  @ret: owned,
 * absolute.  Return: 0; -ELOOP; -ENOMEM. */
int files_follow(const char *path, char **ret);

/* Where output goes: gathered, as each write(2) is a switch to another process and back. */
struct files_output {
	int fd;
	size_t len;
	char data[65536];
};

/** files_write() - a write() for struct tar_pack; @arg: struct files_output.  Return: 0; -errno. */
int files_write(void *arg, const void *data, size_t len);

/** files_flush() - Return: 0; -errno. */
int files_flush(struct files_output *o);

/** files_changes() - put out what differs from the image: for each a letter (A, C, D), the path,
 * and a NUL.  Return: 0; -errno with a message. */
int files_changes(struct files_output *out, struct err *err);

/** files_layer() - put out the same as a layer.  Return: 0; -errno with a message. */
int files_layer(struct files_output *out, unsigned pack_flags, struct err *err);
