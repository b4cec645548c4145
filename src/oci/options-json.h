/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/options.h"

/** oci_options_read() - read the options of a config.json, except seccomp, which has to be
 * compiled.  @ret: empty; oci_options_reset() also on failure.  Return: 0; -EBADMSG or -EINVAL with
 * a message; -ENOMEM. */
int oci_options_read(const json_t *doc, struct oci_options *ret, struct err *err);

/** oci_options_write() - add the options to a config.json that has "process" and "linux" with
 * "resources"; members that ask for nothing are left out.  Return: 0; -ENOMEM. */
int oci_options_write(const struct oci_options *o, json_t *doc);
