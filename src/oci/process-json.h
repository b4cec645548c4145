/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/process.h"

/** oci_process_read() - read the "process" object, which exec sends alone.  Return: 0; -EBADMSG
 * with a message; -ENOMEM. */
int oci_process_read(const json_t *obj, struct oci_process **ret, struct err *err);

/** oci_process_write() - make the "process" object; NULL when out of memory */
json_t *oci_process_write(const struct oci_process *p);
