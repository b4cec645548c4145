/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* The outside process of moat-net: what has to be done in the host's network namespace. */

struct outside_start {
	const char *folder; /* of moat-net, by which its things on the host are known */
	int wire;	    /* to the inside: what either has to say; taken over */
	int ask;	    /* the same: questions of the inside's */
	bool as_root;	    /* has this process rights over the host's network? */
};

/** outside_run() - serve the inside until it ends.  Return: 0; -errno with a message. */
int outside_run(const struct outside_start *start, struct err *err);
