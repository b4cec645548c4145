/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/registry-inner.h"

/* Counts tries of something that fails for a passing reason; pauses get longer each time. */
struct patience {
	unsigned max_tries;	  /* 0: the usual number */
	unsigned tries;		  /* failed tries since the last progress */
	uint64_t waited_usec;	  /* all pauses together */
	uint64_t have_bytes;	  /* when progress was last made */
	const char *id;		  /* how people know the content; NULL: not at all */
	uint64_t retry_after_sec; /* what the registry asked for; 0: nothing */
};

/** retry_is_passing() - may a failure pass, so that another try is worthwhile?  @r: of
 * registry_send() */
bool retry_is_passing(int r, long status);

/** retry_pause_usec() - get the pause after so many failed tries, if the registry names none; 0:
 * give up */
uint64_t retry_pause_usec(unsigned tries);

/**
 * retry_wait() - wait before the next try
 * @have_bytes: of a download; more than the last time is progress, and resets the tries
 *
 * Return: 0; -EAGAIN: give up and report the failure; -ECANCELED.
 */
int retry_wait(struct patience *p, struct http *h, uint64_t have_bytes);

/** registry_retry() - call registry_send() until it succeeds or fails for good.  Return: as
 * registry_send(). */
int registry_retry(struct registry *reg, struct http *h, struct http_request *rq,
		   struct http_response *ret, struct err *err);
