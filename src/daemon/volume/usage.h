/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "daemon/volume/volumes.h"

/** volume_usage() - bytes that a volume takes on the disk; 0 for a folder of the host's, which moat
 * does not count.  Takes long where there are many files. */
int64_t volume_usage(const struct volume_view *v);
