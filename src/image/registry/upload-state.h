/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/* Reads what a registry tells of an upload under way (distribution-spec, "Pushing blobs"). */

/**
 * upload_range_read() - read how much of an upload a registry has
 * @value: its Range: "0-1023", also with "bytes=" before it
 * @ret:   bytes, from the beginning
 *
 * Docker's registry says "0-0" for nothing, too, so that counts as nothing: a single byte is sent
 * again.
 *
 * Return: 0; -EINVAL, also for a range that does not begin at 0.
 */
int upload_range_read(const char *value, uint64_t *ret);

/**
 * upload_part_bytes() - choose the length of the next part
 * @left:   bytes that are still to be sent
 * @wanted: preferred length; more than 0
 * @least:  the registry's minimum for every part but the last
 */
uint64_t upload_part_bytes(uint64_t left, uint64_t wanted, uint64_t least);
