/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/store.h"

/* Images' files that are not on the disk yet: sums/HEX.unsynced is there from before such a file
 * gets its name. */

#define UNSYNCED_SUFFIX ".unsynced"

/** unsynced_mark() - the file that is about to be this manifest's was not synced.  Return: 0;
 * -errno. */
int unsynced_mark(const struct store *st, const struct digest *manifest);

/** unsynced_clear() - it is synced, or not there */
void unsynced_clear(const struct store *st, const struct digest *manifest);

/** unsynced_judge() - when the store is opened: remove the files that were not synced before the
 * machine went down.  Return: 0; -errno. */
int unsynced_judge(struct store *st);

/** unsynced_take_up() - have those synced that an earlier moatd did not come to */
void unsynced_take_up(struct store *st);
