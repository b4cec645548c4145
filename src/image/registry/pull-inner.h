/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/registry.h"

/** pull_check_announced() - is a document what its descriptor says?  Return: 0; -EBADMSG with a
 * message. */
int pull_check_announced(const struct document *doc, const struct oci_descriptor *at,
			 struct err *err);
