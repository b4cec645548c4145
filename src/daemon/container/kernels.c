/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/kernels.h"

#include "base/str.h"
#include "daemon/container/stored.h"
#include "daemon/container/table.h"

static int note_container(struct containers *t, const char *id, char ***used, struct err *err)
{
	cleanup(stored_reset) struct stored stored = { 0 };
	const char *hash;
	int r = stored_read(t->state, id, &stored, err);

	if (r < 0)
		return r;
	hash = json_string_value(
		json_object_get(json_object_get(stored.host, "Moat"), "KernelHash"));
	return hash && strv_add(used, hash) < 0 ? err_nomem(err) : 0;
}

int containers_kernels(struct containers *t, char ***ret, struct err *err)
{
	cleanup_strv char **used = NULL;
	struct container **list = NULL;
	size_t n = 0;
	int r = containers_list(t, &list, &n);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = note_container(t, list[i]->rec.id, &used, err);
	containers_list_free(list, n);
	if (r == 0)
		*ret = take_ptr(used);
	return r;
}
