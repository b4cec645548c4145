/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/watch.h"

/** watch_crowded() - ask the guest to forget files that it does not use */
void watch_crowded(struct server *s);
