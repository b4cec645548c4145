/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/* What a registry says of an upload that is under way (distribution-spec, "Pushing blobs"). */

/**
 * upload_range_read() - how much of an upload a registry has
 * @value: its Range: "0-1023", also with "bytes=" before it
 * @ret:   bytes, from the beginning
 *
 * Docker's registry says "0-0" of nothing, too, and that is what it counts as: a single byte is
 * sent again.
 *
 * Return: 0; -EINVAL, also for what does not begin at 0.
 */
int upload_range_read(const char *value, uint64_t *ret);

/**
 * upload_part_bytes() - how long the next part is
 * @left:   bytes that are still to be sent
 * @wanted: as we like it; more than 0
 * @least:  the least that the registry takes of every part but the last
 */
uint64_t upload_part_bytes(uint64_t left, uint64_t wanted, uint64_t least);
