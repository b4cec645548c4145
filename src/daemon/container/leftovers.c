/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Removals and creations that were cut short leave folders: of containers
 * that have no row, and of machines that no container's link leads to.
 */
#include "daemon/container/leftovers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/hex.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "base/thread.h"
#include "daemon/container/table.h"

static bool is_known(struct containers *t, const char *id)
{
	struct container *c;

	if (containers_find(t, id, &c, NULL) < 0)
		return false;
	container_unref(c);
	return true;
}

struct leftovers {
	struct containers *table;
	struct machines *ms;
	char **ids;	 /* of folders without a container */
	char **machines; /* machines that containers have, or had last */
};

static int note_machine(struct leftovers *l, int containers_fd, const char *id)
{
	cleanup_close int dir_fd =
		openat(containers_fd, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	char name[MACHINE_NAME_LEN + 1] = "";

	if (dir_fd >= 0)
		machine_linked(dir_fd, MACHINE_LINK, name);
	return *name ? strv_add(&l->machines, name) : 0;
}

static int note_leftover(int dir_fd, const char *name, void *arg)
{
	struct leftovers *l = arg;

	if (strlen(name) != ID_LEN || !hex_is_lower(name, ID_LEN))
		return 0;
	return is_known(l->table, name) ? note_machine(l, dir_fd, name) : strv_add(&l->ids, name);
}

static void leftovers_free(struct leftovers *l)
{
	strv_free(l->ids);
	strv_free(l->machines);
	free(l);
}

static bool is_of_container(void *arg, const char *name)
{
	const struct leftovers *l = arg;

	return strv_has(l->machines, name);
}

/* Runs in the background: nobody waits for it, and no new container gets one of these ids. */
static void *remove_leftovers(void *arg)
{
	struct leftovers *l = arg;

	machine_folders_tidy(l->ms, is_of_container, l);
	for (char **id = l->ids; id && *id; id++) {
		log_info("container %.12s: removing what is left of it", *id);
		(void)path_remove_tree(l->table->dir_fd, *id);
	}
	leftovers_free(l);
	return NULL;
}

int leftovers_remove(struct containers *t)
{
	struct leftovers *l = malloc(sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	*l = (struct leftovers){ .table = t, .ms = t->machines };
	r = path_each(t->dir_fd, note_leftover, l);
	if (r < 0) {
		leftovers_free(l);
		return r;
	}
	if (thread_start(NULL, remove_leftovers, l) < 0)
		(void)remove_leftovers(l);
	return 0;
}
