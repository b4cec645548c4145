/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/http/exchange.h"

/** answer_queue() - the handler is done: give the library what is to be sent.  Return: MHD_NO ends
 * the connection. */
enum MHD_Result answer_queue(struct exchange *x, struct MHD_Connection *conn);
