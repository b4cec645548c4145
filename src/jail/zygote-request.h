/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "jail/late.h"

/*
 * Messages between whoever wants a machine forked and the library in the zygote; both are of one
 * build.  The zygote says first that it is there.  A request is one packet on the zygote's socket,
 * with descriptors in this order: a socket for the answers, files for joining control groups, and
 * descriptors to be moved.  The zygote answers once, with the process's descriptor; the process
 * answers once more, when it is narrowed and its threads run.  It ends with the socket.
 */

#define ZYGOTE_MOVES_MAX  12
#define ZYGOTE_GROUPS_MAX 3
#define ZYGOTE_FDS_MAX	  (1 + ZYGOTE_GROUPS_MAX + ZYGOTE_MOVES_MAX)

/* Environment variable with "SOCKET,FILTER", the numbers of two descriptors. */
#define ZYGOTE_VARIABLE "MOAT_ZYGOTE"

struct zygote_request {
	struct jail_late late;
	uint8_t n_groups; /* files by which the process joins control groups */
	uint8_t n_moves;
	int32_t to[ZYGOTE_MOVES_MAX]; /* the numbers that descriptors take in the process */
};

struct zygote_answer {
	int32_t result; /* 0; -errno */
	int32_t pid;	/* in the zygote's namespace; 0 in the process's own answer */
};
