/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "control/event.h"

/* Requests to the disks of a container's machine in which the host failed, as its shim tells. */
struct container_disk_errors {
	uint64_t count; /* since the machine was started; 0: none */
	int64_t noted_nsec;
	char disk[16];	 /* of the last failure: "layer" or "image" */
	char reason[80]; /* of the last failure */
};

/** disk_errors_note() - take over what the shim tells.  Return: is it news? */
bool disk_errors_note(struct container_disk_errors *e, const struct control_disk_errors *told);

/** disk_errors_describe() - for the API.  Return: {"Count":N,"Disk":"layer","Reason":"text",
 * "Time":"…"}; NULL where there were none, or when out of memory. */
json_t *disk_errors_describe(const struct container_disk_errors *e);
