/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/disk-errors.h"

#include <stdio.h>

#include "base/clock.h"

int disk_errors_note(struct container_disk_errors *e, const json_t *event, struct err *err)
{
	const char *disk = NULL, *reason = NULL;
	int64_t count = 0;
	json_t *errors;
	int r = json_get_object(event, "disk_errors", &errors, err);

	if (r < 0 || !errors)
		return r;
	r = json_get_i64(errors, "count", &count, err);
	if (r == 0)
		r = json_get_str(errors, "disk", &disk, err);
	if (r == 0)
		r = json_get_str(errors, "reason", &reason, err);
	if (r < 0 || count <= 0 || (uint64_t)count == e->count)
		return r;
	e->count = (uint64_t)count;
	e->noted_nsec = clock_now_nsec();
	snprintf(e->disk, sizeof(e->disk), "%s", disk ? disk : "");
	snprintf(e->reason, sizeof(e->reason), "%s", reason ? reason : "");
	return 1;
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
