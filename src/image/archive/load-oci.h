/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/archive/load.h"

/** load_oci() - load the images of an OCI layout (image-spec image-layout.md).  Return: as
 * store_load(). */
int load_oci(struct load *l, struct err *err);
