/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/registry-inner.h"

/* What fails in passing is tried again, later each time. */
struct patience {
	unsigned max_tries;	  /* 0: the usual number */
	unsigned tries;		  /* that failed, since the last that got on */
	uint64_t waited_usec;	  /* in all */
	uint64_t have_bytes;	  /* after the last that got on */
	const char *id;		  /* what people see it as; NULL: nothing */
	uint64_t retry_after_sec; /* what the registry asked for; 0: nothing */
};

/** retry_is_passing() - is a failure worth another try?  @r: of registry_send() */
bool retry_is_passing(int r, long status);

/** retry_pause_usec() - how long to wait after so many tries that failed, if the registry has no
 * wish; 0: it is enough */
uint64_t retry_pause_usec(unsigned tries);

/**
 * retry_wait() - wait before the next try
 * @have_bytes: of a download; more than at the last time make the tries count from the beginning
 *
 * Return: 0; -EAGAIN when it is enough, and the failure is to be reported; -ECANCELED.
 */
int retry_wait(struct patience *p, struct http *h, uint64_t have_bytes);

/** registry_retry() - registry_send(), until it does not fail in passing.  Return: as
 * registry_send(). */
int registry_retry(struct registry *reg, struct http *h, struct http_request *rq,
		   struct http_response *ret, struct err *err);
