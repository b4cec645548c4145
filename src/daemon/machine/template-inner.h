/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/template.h"

enum template_state { TEMPLATE_UNKNOWN, TEMPLATE_BUSY, TEMPLATE_READY, TEMPLATE_FAILED };

struct template
{
	struct template *next;
	char key[TEMPLATE_KEY_LEN + 1];
	enum template_state state;
	bool saving;	 /* it is being written to the disk */
	bool distrusted; /* it is to be made anew */
	int dir_fd, memory_fd;
	uint64_t used_usec; /* READY: when it was used last; FAILED: when it failed */
};

struct templates {
	struct machines *ms;
	int dir_fd; /* $ROOT/templates */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct template *first;
};

/** template_find() - find an entry, under the lock.  NULL: nobody asked for it since moatd started.
 */
struct template *template_find(struct templates *t, const char *key);

/** template_is_busy() - is it being made, or written to the disk? */
bool template_is_busy(const struct template *e);

/** template_unload() - give up the memory; the next use reads it again */
void template_unload(struct template *e);
