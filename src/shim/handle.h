/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/server.h"

/** handle_request() - do what a request asks for, and answer it, now or later.  @arg: struct shim;
 * @fds: CONTROL_FDS_MAX that came with it, or -1; taken over where they are needed */
void handle_request(void *arg, struct conn *conn, struct control_request *request, int *fds);
