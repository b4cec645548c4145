/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_secrets() - add every --secret to the array "Secrets" of moat's own members.  Return:
 * 0; -EINVAL or -ENOMEM with a message. */
int create_put_secrets(const struct options *o, json_t *ours, struct err *err);
