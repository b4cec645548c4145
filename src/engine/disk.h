/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/macro.h"

/*
 * Size of a machine's first disk, whatever the image on it: images' files are made this long,
 * sparse, so that a machine restored from a template finds the disk that the template had.  A
 * larger image keeps its size, and its machines are booted.
 */
#define ROOT_DISK_BYTES GIB(32)
