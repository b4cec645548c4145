/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* The outside process of moat-net: it does what has to be done in the host's network namespace. */

struct outside_start {
	const char *folder; /* of moat-net; its things on the host are known by it */
	int wire;	    /* to the inside, for messages either way; taken over */
	int ask;	    /* to the inside, for its questions; taken over */
	bool as_root;	    /* has this process rights over the host's network? */
};

/** outside_run() - serve the inside until it ends.  Return: 0; -errno with a message. */
int outside_run(const struct outside_start *start, struct err *err);
