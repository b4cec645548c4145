/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "net/proxy/alarms.h"

/*
 * Bytes both ways between two TCP connections, until both ways have ended or one end broke.  No
 * bytes are kept here: what one side does not take stays in the other's socket, so a pair costs the
 * same however slow its ends are.
 */

struct pair;

/** pair_ended_fn - a pair has ended.  @p: closed; may be freed here */
typedef void (*pair_ended_fn)(struct pair *p);

struct pair_end {
	int fd;		       /* owned; -1: closed */
	struct source *source; /* NULL: the end is not watched */
	uint32_t events;       /* which the source watches for */
	bool is_told;	       /* it has had an error, and earlier input cannot be passed on yet */
};

/* The way from the end of the same number to the other one. */
struct pair_way {
	bool is_ended;	 /* nothing more is passed on this way */
	bool is_blocked; /* the other end takes no more for now */
};

struct pair {
	struct pair_shared *shared;
	struct pair_end ends[2];
	struct pair_way ways[2];
	pair_ended_fn ended;
	bool is_broken;	       /* the pair cannot end as both ends want it to */
	unsigned dead;	       /* if broken: the end that is the cause */
	bool has_moved;	       /* bytes have passed since @alarm was set */
	uint64_t give_up_usec; /* while @alarm is set: when nobody is waited for any more */
	struct alarm alarm;
};

/* What the pairs of a process have in common. */
struct pair_shared {
	struct loop *loop;
	struct alarms draining;
	char *bytes; /* room for bytes on their way from one socket to another */
};

/** pair_shared_init() - Return: 0; -errno, and there is nothing to reset. */
int pair_shared_init(struct pair_shared *s, struct loop *loop);
void pair_shared_reset(struct pair_shared *s);

/** pair_prepare() - set a connection up for a pair; for a listening socket, set up all that it
 * accepts from then on.  Return: 0; -errno. */
int pair_prepare(int fd);

/** pair_is_prepared() - is a connection set up?  It may not be if it was made before its listening
 * socket was prepared. */
bool pair_is_prepared(int fd);

/**
 * pair_start() - pass bytes on from here on
 * @ends:  non-blocking descriptors, prepared, and who watches them already; taken over, also on
 *         failure
 * @ended: called once, from the loop, and not where this fails
 *
 * What end 0 has sent already is passed on before this returns.
 *
 * Return: 0; -errno.
 */
int pair_start(struct pair *p, struct pair_shared *s, const struct pair_end ends[2],
	       pair_ended_fn ended);

/** pair_abandon() - end a pair whose end 1 is gone, or soon will be: end 0 still gets what comes
 * from there, and is reset then.  May call @ended before it returns. */
void pair_abandon(struct pair *p);

/** pair_reset() - reset both ends, without a call of @ended */
void pair_reset(struct pair *p);

/** stream_reset() - close a connection so that its peer sees a reset, and not an end */
void stream_reset(int fd);
