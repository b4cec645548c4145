/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/request.h"

struct conn;
struct shim;

/**
 * handle_request() - do what a request asks for, and answer it now or later
 * @conn: may be closed by the call
 * @fd:   the descriptor that came along, or -1; taken where it is used
 */
void handle_request(struct shim *s, struct conn *conn, struct control_request *request, int *fd);
