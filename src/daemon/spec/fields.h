/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/*
 * Every member of Docker's create request, and what moat does with it.  docs/api/create.md has the
 * same table for people, with an example of each; tests hold the two together and send them all.
 */

/**
 * fields_check() - does a create request ask for what moat cannot do?
 * @body:         the request; borrowed
 * @ret_warnings: one is added for every member that has no effect; strv_free(), on failure too
 *
 * Return: 0; -EOPNOTSUPP or -EINVAL with a message that names the member; -EBADMSG; -ENOMEM.
 */
int fields_check(const json_t *body, char ***ret_warnings, struct err *err);

/**
 * fields_check_update() - as fields_check(), of an update request, which is flat
 * @changeable: members that an update can change; ends with NULL
 */
int fields_check_update(const json_t *body, const char *const *changeable, char ***ret_warnings,
			struct err *err);
