/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/inside/keeper.h"

/* What is asked of the keeper. */

/** handle() - carry a request out.  @call: answered here, or when what it asks for is done */
void handle(struct keeper *k, struct call *call);

/** handle_idle() - nothing has been on a network for a while: remove all networks, and end if
 * nobody needs this process */
void handle_idle(struct keeper *k);

/** handle_reset() - free the model */
void handle_reset(struct keeper *k);
