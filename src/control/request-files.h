/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/request.h"

/* The part of a request that says which files it is about, and goes to the guest (link/files.h). */

/** request_files_read() - read that part of a request.  Return: 0; -EINVAL, -EBADMSG with a
 * message; -ENOMEM. */
int request_files_read(const json_t *obj, struct control_request *ret, struct err *err);

/** request_files_write() - add that part to the object of a request.  Return: 0; -ENOMEM. */
int request_files_write(json_t *obj, const struct control_request *rq);
