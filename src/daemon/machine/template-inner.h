/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/template.h"

enum template_state { TEMPLATE_UNKNOWN, TEMPLATE_BUSY, TEMPLATE_READY, TEMPLATE_FAILED };

struct template
{
	struct template *next;
	char key[TEMPLATE_KEY_LEN + 1];
	enum template_state state;
	bool saving;	 /* it is not all on the disk yet */
	bool distrusted; /* to be made anew */
	int dir_fd, memory_fd;
	uint64_t used_usec; /* READY: last use; FAILED: when */
};

struct templates {
	struct machines *ms;
	int dir_fd; /* $ROOT/templates */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct template *first;
};

/** template_find() - under the lock.  NULL: it was not asked for since moatd started. */
struct template *template_find(struct templates *t, const char *key);

/** template_is_busy() - is it being made, or written to the disk? */
bool template_is_busy(const struct template *e);

/** template_unload() - give up its memory; it is read again at its next use */
void template_unload(struct template *e);
