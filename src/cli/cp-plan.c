/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cp-plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/path-text.h"
#include "base/str.h"
#include "cli/cp.h"

#define MODE_DIR (1u << 31) /* of Go's os.FileMode */

void cp_side_reset(struct cp_side *s)
{
	free(s->path);
	*s = (struct cp_side){ 0 };
}

void cp_target_reset(struct cp_target *t)
{
	free(t->dir);
	free(t->name);
	*t = (struct cp_target){ 0 };
}

void cp_stat_reset(struct cp_stat *s)
{
	free(s->target);
	*s = (struct cp_stat){ 0 };
}

int cp_plan(bool source_is_dir, const struct cp_side *to, struct cp_target *ret, struct err *err)
{
	struct cp_target t = { 0 };

	if (to->exists && to->is_dir) {
		t.dir = strdup(to->path);
		if (!t.dir)
			return err_nomem(err);
		*ret = t;
		return 0;
	}
	if (to->exists && source_is_dir)
		return err_set(err, -EISDIR, "cannot copy a directory over the file %s", to->path);
	if (!to->exists && !source_is_dir && (str_ends(to->path, "/") || path_is_dot(to->path)))
		return err_set(err, -ENOENT, "no such directory: %s", to->path);
	t.dir = path_dir(to->path);
	t.name = path_base(to->path);
	if (!t.dir || !t.name) {
		cp_target_reset(&t);
		return err_nomem(err);
	}
	*ret = t;
	return 0;
}

int cp_split(const char *arg, char **ret_container, const char **ret_path)
{
	const char *colon = strchr(arg, ':');
	char *container;

	if (!colon || *arg == '/' || *arg == '.' || colon == arg) {
		*ret_container = NULL;
		*ret_path = arg;
		return 0;
	}
	container = strndup(arg, (size_t)(colon - arg));
	if (!container)
		return -ENOMEM;
	*ret_container = container;
	*ret_path = colon + 1;
	return 0;
}

int cp_stat_parse(const char *value, struct cp_stat *ret, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	cleanup_json json_t *obj = NULL;
	const char *target = NULL;
	int64_t mode = 0;
	int r = base64_decode(&text, value);

	if (r == 0)
		r = json_read(text.data ? text.data : "", text.len, CP_STAT_HEADER, &obj, err);
	else
		r = err_set(err, r == -EINVAL ? -EBADMSG : r,
			    CP_STAT_HEADER ": what moatd says makes no sense");
	if (r == 0)
		r = json_get_i64(obj, "mode", &mode, err);
	if (r == 0)
		r = json_get_str(obj, "linkTarget", &target, err);
	if (r < 0)
		return r;
	ret->is_dir = (uint64_t)mode & MODE_DIR;
	ret->target = target && *target ? strdup(target) : NULL;
	return target && *target && !ret->target ? err_nomem(err) : 0;
}
