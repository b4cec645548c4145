/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_secrets() - every --secret, as an array "Secrets" of moat's own options.  Return: 0;
 * -EINVAL or -ENOMEM with a message. */
int create_put_secrets(const struct options *o, json_t *ours, struct err *err);
