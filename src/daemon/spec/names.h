/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/runtime.h"

/** spec_names() - lines of /etc/hosts, and /etc/resolv.conf where it is to be another
 * Return: 0; -EINVAL or -EBADMSG with docker's message where it has one; -ENOMEM. */
int spec_names(const json_t *host, struct oci_options *o, struct err *err);

/** spec_is_word() - is it short, and without white space and control characters? */
bool spec_is_word(const char *s);
