/* SPDX-License-Identifier: Apache-2.0 */
/* What a create request mounts: Config and HostConfig in one object; what is read is kept the
 * same.  A line that is no object is one of "Binds". */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "daemon/spec/mounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_points(const struct mount_points *m)
{
	cleanup(mount_points_reset) struct mount_points again = { 0 };
	cleanup_free char *text = mount_points_write(m), *second = NULL;

	for (size_t i = 0; i < m->n; i++)
		if (m->list[i].destination[0] != '/' || streq(m->list[i].destination, "/") ||
		    strstr(m->list[i].destination, "/../"))
			abort();
	if (!text || mount_points_read(text, &again, NULL) < 0)
		abort();
	second = mount_points_write(&again);
	if (!second || !streq(text, second))
		abort();
}

static void try_request(const json_t *request)
{
	cleanup(mount_points_reset) struct mount_points m = { 0 };
	struct err err;

	if (mounts_from_request(request, request, &m, &err) == 0)
		check_points(&m);
	else if (strlen(err.msg) >= ERR_MSG_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_json json_t *request = NULL;

	if (size > 0 && data[0] == '{')
		(void)json_read((const char *)data, size, "request", &request, NULL);
	else
		request = json_pack("{s:[o]}", "Binds", json_stringn((const char *)data, size));
	if (json_is_object(request))
		try_request(request);
	return 0;
}
