/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "oci/process.h"

/*
 * Both ends of a process's standard input, output and error; owned, -1 where there is none.  With a
 * terminal, the process has theirs[0] for all three; ours[0] and ours[1] are both the terminal's
 * master, and ours[2] is -1.
 */
struct stdfds {
	int ours[3]; /* non-blocking */
	int theirs[3];
	int tty; /* number of the terminal in /dev/pts; -1 for pipes */
};

/**
 * stdfds_open() - pipes or a terminal, as the process wants it
 * @pts_fd: the container's /dev/pts
 * @ret:    stdfds_close(); untouched on failure
 *
 * Return: 0; -errno.
 */
int stdfds_open(const struct oci_process *p, int pts_fd, struct stdfds *ret, struct err *err);

/** stdfds_close_theirs() - close the process's ends */
void stdfds_close_theirs(struct stdfds *s);

/** stdfds_close() - close all that is open */
void stdfds_close(struct stdfds *s);
