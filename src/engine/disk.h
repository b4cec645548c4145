/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/macro.h"

/*
 * What the first disk of a machine is to the guest, whatever the image on it: files of images are
 * made this long, sparse, so that a machine restored from a template finds the disk the template
 * had.  A larger image is as large as it is, and its machines are booted.
 */
#define ROOT_DISK_BYTES GIB(32)
