/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/wire.h"

/*
 * Payloads of STATS, PROCS and LIMITS (docs/LINK.md): the host's question begins with a number that
 * the host chose, and the guest's answer repeats it.
 */

#define LINK_PROCS_MAX	 1024u
#define LINK_STATE_MAX	 1u
#define LINK_NAME_MAX	 15u
#define LINK_COMMAND_MAX 256u

/* Figures of a container's cgroup; 0: the guest's kernel does not count this. */
struct link_stats {
	uint64_t cpu_usec, cpu_user_usec, cpu_system_usec;
	uint64_t memory_bytes, memory_limit_bytes;
	uint64_t memory_cache_bytes; /* of files' cache that was not used lately */
	uint64_t memory_file_bytes;  /* of files' cache, all */
	uint64_t pids, pids_limit;   /* pids_limit 0: none */
	uint64_t read_bytes, write_bytes;
	/* Of a limit of processor time: those that are over, and those in which it was reached. */
	uint64_t periods, throttled_periods;
	uint64_t throttled_usec; /* that its processes stood still for it */
};

struct link_proc {
	uint32_t pid, ppid; /* in the container's own namespace; ppid 0: the parent is outside */
	uint32_t uid;
	uint64_t age_usec; /* since its start */
	uint64_t cpu_usec;
	uint64_t virtual_bytes, resident_bytes;
	uint32_t memory_permille; /* share of the machine's memory */
	/* Printable ASCII once they have been read. */
	char state[LINK_STATE_MAX + 1]; /* a letter, as in /proc/PID/stat; "" of an older shim */
	char name[LINK_NAME_MAX + 1];
	char command[LINK_COMMAND_MAX + 1];
};

/** link_question_put() - append the payload of a question.  Return: 0; -ENOMEM. */
int link_question_put(struct buf *b, uint32_t id);

/** link_question_get() - read a question.  Return: 0; -EBADMSG. */
int link_question_get(struct wire_view payload, uint32_t *ret_id);

/** link_stats_put() - append the answer to STATS.  Return: 0; -ENOMEM. */
int link_stats_put(struct buf *b, uint32_t id, const struct link_stats *s);

/** link_stats_get() - read the answer to STATS.  Return: 0; -EBADMSG. */
int link_stats_get(struct wire_view payload, uint32_t *ret_id, struct link_stats *ret);

/** link_procs_put() - append the answer to PROCS.  @n: at most LINK_PROCS_MAX.  Return: 0;
 * -ENOMEM. */
int link_procs_put(struct buf *b, uint32_t id, const struct link_proc *procs, size_t n);

/** link_procs_get() - read the answer to PROCS.  @ret: owned array, free(3).  Return: 0; -EBADMSG;
 * -ENOMEM. */
int link_procs_get(struct wire_view payload, uint32_t *ret_id, struct link_proc **ret,
		   size_t *ret_n);

/** link_limits_put() - append the question of LIMITS: files of the cgroup and their new content,
 * "cpu.max=50000 100000".  Return: 0; -ENOMEM. */
int link_limits_put(struct buf *b, uint32_t id, char *const *settings);

/** link_limits_get() - read the question of LIMITS.  @ret: owned.  Return: 0; -EBADMSG; -ENOMEM. */
int link_limits_get(struct wire_view payload, uint32_t *ret_id, char ***ret);

/** link_done_put() - append the answer to LIMITS.  @err: code 0 where all went well.  Return: 0;
 * -ENOMEM. */
int link_done_put(struct buf *b, uint32_t id, const struct err *err);

/** link_done_get() - read the answer to LIMITS.  @ret: code 0, or a negative errno and one line of
 * text.  Return: 0; -EBADMSG. */
int link_done_get(struct wire_view payload, uint32_t *ret_id, struct err *ret);
