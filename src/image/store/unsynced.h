/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/store.h"

/* Marks images' files that are not on the disk yet: sums/HEX.unsynced is there before such a file
 * gets its name. */

#define UNSYNCED_SUFFIX ".unsynced"

/** unsynced_mark() - mark the file that is about to be made for this manifest.
 * Return: 0; -errno. */
int unsynced_mark(const struct store *st, const struct digest *manifest);

/** unsynced_clear() - remove the mark: the file is synced, or not there */
void unsynced_clear(const struct store *st, const struct digest *manifest);

/** unsynced_judge() - remove files that were not synced when the machine went down; called when the
 * store is opened.  Return: 0; -errno. */
int unsynced_judge(struct store *st);

/** unsynced_take_up() - have files synced that an earlier moatd did not get to */
void unsynced_take_up(struct store *st);
