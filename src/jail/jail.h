/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "jail/group.h"

/*
 * The jail of a virtual machine monitor: a process that gets everything as open
 * descriptors, sees a root of a few read-only folders, and may make only the system
 * calls it is known to need.
 */

#define JAIL_FDS_MAX  20
#define JAIL_FD_FIRST 3

struct jail_fd {
	const char *name; /* for messages: "kernel" */
	int fd;		  /* borrowed */
	bool reopen;	  /* the program opens it once more, read-only, by the name /dev/fd/N */
	bool memory;	  /* a memfd, which the program opens once more by the name /dev/fd/N */
	bool library; /* beside reopen: the program loads it before its own libraries; several in
			 this order */
};

struct jail {
	char *const *argv; /* argv[0]: the program's absolute path */
	const char *const
		*expose; /* files and folders it sees, read-only; missing ones are left out */
	const char *const *devices; /* device nodes it may open to read and write */
	const char *const *folders; /* empty folders in memory, its own; NULL: none */
	bool sees_proc;		    /* it has the /proc of its namespaces */
	bool serves; /* it listens and connects, and forks for its clients, as its own calls say */
	const struct jail_fd *fds; /* become descriptors JAIL_FD_FIRST and up, in this order */
	size_t n_fds;		   /* at most JAIL_FDS_MAX */
	int log_fd;		   /* becomes standard output and error; borrowed */
	const int *syscalls;	   /* numbers, beside those every program needs to start and end */
	size_t n_syscalls;
	const unsigned long *ioctls; /* commands of ioctl(2), beside a terminal's and a socket's */
	size_t n_ioctls;
	unsigned cpus;	       /* processors it may keep busy at a time; 0: all */
	unsigned threads;      /* at most */
	uint64_t memory_bytes; /* beside threads' stacks and the program itself */
	uint64_t file_bytes;   /* size limit of each of its files */
	unsigned forks;	     /* a zygote's (zygote.h): forks it may have at a time; 0: no zygote */
	const char *setting; /* "NAME=VALUE", added to its environment; NULL */
};

/**
 * jail_spawn() - start a program in a jail
 * @j:         borrowed; vectors end with NULL
 * @ret_pid:   the process, a child of the caller, who reaps it
 * @ret_pidfd: owned by the caller, close-on-exec
 * @ret_group: group_remove() it when the program has ended
 *
 * The calling thread must be the only one, and live as long as the program shall: the
 * program is killed when it ends.  Returns when the program was executed.
 *
 * Namespaces, the control group and a root of its own are left out where the host does not permit
 * them (jail_describe() tells); everything else must work.
 *
 * Return: 0; -errno with a message, and no process.
 */
int jail_spawn(const struct jail *j, pid_t *ret_pid, int *ret_pidfd, struct jail_group *ret_group,
	       struct err *err);
