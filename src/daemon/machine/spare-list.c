/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/spare-list.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/str.h"
#include "control/names.h"
#include "daemon/machine/memory.h"
#include "daemon/machine/spares-inner.h"

/* The part of a spare that is described: a copy, as measuring memory takes time and is done without
 * the lock. */
struct view {
	char name[sizeof(((struct spare *)0)->name)];
	char key[TEMPLATE_KEY_LEN + 1];
	pid_t pid, engine_pid;
	bool rehearsed;
};

struct views {
	struct view ready[SPARES_MAX], zygote;
	size_t n_ready;
	bool has_zygote;
	struct spare_goal goal;
};

static void view_spare(const struct spare *m, struct view *ret)
{
	*ret = (struct view){ .pid = m->pid,
			      .engine_pid = m->engine_pid,
			      .rehearsed = m->rehearsed };
	memcpy(ret->name, m->name, sizeof(m->name));
	memcpy(ret->key, m->key, sizeof(m->key));
}

static void view_all(struct spares *s, struct views *ret)
{
	ret->n_ready = 0;
	mutex_hold(&s->lock);
	for (const struct spare *m = s->ready; m && ret->n_ready < SPARES_MAX; m = m->next)
		view_spare(m, &ret->ready[ret->n_ready++]);
	ret->has_zygote = s->zygote != NULL;
	if (s->zygote)
		view_spare(s->zygote, &ret->zygote);
	ret->goal = s->goal;
}

static int64_t disk_bytes(const struct spares *s, const char *name, const char *file)
{
	cleanup_free char *path = str_printf("%s/%s", name, file);
	struct stat sb;

	return path && fstatat(s->ms->dir_fd, path, &sb, AT_SYMLINK_NOFOLLOW) == 0
		       ? sb.st_blocks * 512
		       : 0;
}

static json_t *describe_spare(const struct spares *s, const struct view *v)
{
	int64_t memory = memory_of_process(v->pid) + memory_of_process(v->engine_pid);
	int64_t disk =
		disk_bytes(s, v->name, LAYER_FILE) + disk_bytes(s, v->name, SPARE_NEW_LAYER_FILE);

	return json_pack("{s:i, s:s, s:s, s:I, s:I, s:b}", "Pid", (int)v->engine_pid, "Machine",
			 v->name, "Template", v->key, "MemoryBytes", (json_int_t)memory,
			 "DiskBytes", (json_int_t)disk, "Rehearsed", (int)v->rehearsed);
}

json_t *spares_describe(struct spares *s)
{
	cleanup_json json_t *list = json_array(), *zygotes = json_array();
	struct views v;
	int r = list && zygotes ? 0 : -ENOMEM;

	view_all(s, &v);
	for (size_t i = 0; r == 0 && i < v.n_ready; i++)
		r = json_array_append_new(list, describe_spare(s, &v.ready[i]));
	if (r == 0 && v.has_zygote)
		r = json_array_append_new(zygotes, describe_spare(s, &v.zygote));
	if (r < 0)
		return NULL;
	return json_pack("{s:i, s:i, s:i, s:O, s:O}", "Least", (int)v.goal.bounds.least, "Most",
			 (int)v.goal.bounds.most, "Wanted",
			 (int)spare_goal_now(&v.goal, clock_mono_usec()), "Machines", list,
			 "Zygotes", zygotes);
}
