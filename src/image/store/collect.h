/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

struct store;

/** store_collect() - delete blobs and EROFS files that no image and no work refers to.  The store's
 * lock is held. */
void store_collect(struct store *st);
