/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/**
 * containers_kernels() - the hashes of kernels that containers brought along
 * @ret: owned, strv_free(); NULL for none
 *
 * Return: 0; -errno with a message: it is not known which kernels are in use.
 */
int containers_kernels(struct containers *t, char ***ret, struct err *err);
