/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/disk-errors.h"

#include <string.h>

#include "base/clock.h"

bool disk_errors_note(struct container_disk_errors *e, const struct control_disk_errors *told)
{
	if (told->count == 0 || told->count == e->count)
		return false;
	e->count = told->count;
	e->noted_nsec = clock_now_nsec();
	memcpy(e->disk, told->disk, sizeof(e->disk));
	memcpy(e->reason, told->reason, sizeof(e->reason));
	return true;
}

json_t *disk_errors_describe(const struct container_disk_errors *e)
{
	char when[CLOCK_TEXT_MAX];

	if (e->count == 0)
		return NULL;
	clock_format(e->noted_nsec, when);
	return json_pack("{s:I, s:s, s:s, s:s}", "Count", (json_int_t)e->count, "Disk", e->disk,
			 "Reason", e->reason, "Time", when);
}
