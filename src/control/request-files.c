/* SPDX-License-Identifier: Apache-2.0 */
#include "control/request-files.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"

static const struct {
	const char *name;
	uint32_t flag;
} files_flags[] = {
	{ "sparse", LINK_FILES_SPARSE },
	{ "keep_folders", LINK_FILES_KEEP_FOLDERS },
	{ "freeze", LINK_FILES_FREEZE },
};

static int read_files_flags(const json_t *obj, uint32_t *ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(files_flags); i++) {
		bool on = false;
		int r = json_get_bool(obj, files_flags[i].name, &on, err);

		if (r < 0)
			return r;
		*ret |= on ? files_flags[i].flag : 0u;
	}
	return 0;
}

int request_files_read(const json_t *obj, struct control_request *ret, struct err *err)
{
	const char *what;
	int r = json_get_str(obj, "what", &what, err);

	if (r == 0 && what)
		ret->files.op = (enum link_files_op)link_files_by_name(what);
	if (r == 0 && !ret->files.op)
		return err_set(err, -EINVAL, "\"what\" is missing or not known");
	if (r == 0)
		r = json_get_copy(obj, "path", &ret->files.path, err);
	if (r == 0)
		r = json_get_copy(obj, "user", &ret->files.user, err);
	return r == 0 ? read_files_flags(obj, &ret->files.flags, err) : r;
}

int request_files_write(json_t *obj, const struct control_request *rq)
{
	const struct link_files *f = &rq->files;

	for (size_t i = 0; i < ARRAY_SIZE(files_flags); i++)
		if (json_object_set_new(obj, files_flags[i].name,
					json_boolean(f->flags & files_flags[i].flag)) < 0)
			return -ENOMEM;
	return json_object_update_new(
		obj, json_pack("{s:s, s:s, s:s}", "what", link_files_name(f->op), "path",
			       f->path ? f->path : "", "user", f->user ? f->user : ""));
}
