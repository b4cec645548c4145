/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/request.h"

/* Which files a request is about: what in link/files.h goes to the guest. */

/** request_files_read() - Return: 0; -EINVAL, -EBADMSG with a message; -ENOMEM. */
int request_files_read(const json_t *obj, struct control_request *ret, struct err *err);

/** request_files_write() - @obj: what the members are added to.  Return: 0; -ENOMEM. */
int request_files_write(json_t *obj, const struct control_request *rq);
