/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/shim.h"

/* From a container's folder to a machine that gets ready for it. */

/** bringup() - read the configuration, and get a machine from where that is quickest.  Return: 0;
 * -errno with a message. */
int bringup(struct shim *s, struct err *err);

/** bringup_another() - after the machine's end: get one from the next place to try.  Return: 0;
 * -errno with a message. */
int bringup_another(struct shim *s, struct err *err);
