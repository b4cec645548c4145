/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "control/event.h"

/* What the host could not do for the disks of a container's machine, as its shim has told. */
struct container_disk_errors {
	uint64_t count; /* requests of the guest's, since the machine was started; 0: none */
	int64_t noted_nsec;
	char disk[16];	 /* of the last one: "layer" or "image" */
	char reason[80]; /* of the last one */
};

/** disk_errors_note() - take over what an event of the shim's says.  Return: is it news? */
bool disk_errors_note(struct container_disk_errors *e, const struct control_disk_errors *told);

/** disk_errors_describe() - for the API.  Return: {"Count":N,"Disk":"layer","Reason":"text",
 * "Time":"…"}; NULL where there were none, or when out of memory. */
json_t *disk_errors_describe(const struct container_disk_errors *e);
