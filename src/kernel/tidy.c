/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A container's own kernel stays when the container goes, as others may have
 * the same; a kernel that no container names any more is removed when moatd starts, before there
 * are requests.  Where anything cannot be read, nothing is removed.
 */
#include "kernel/tidy.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/stage.h"
#include "kernel/store.h"

struct own {
	struct kernel_store *ks;
	char current[SHA256_HEX_LEN + 1];
	char **hashes;
};

static int add_own(int dir_fd, const char *name, void *arg)
{
	struct own *own = arg;

	(void)dir_fd;
	if (strlen(name) != SHA256_HEX_LEN || !hex_is_lower(name, SHA256_HEX_LEN) ||
	    streq(name, own->current) || !kernel_is_own(own->ks, name))
		return 0;
	return strv_add(&own->hashes, name);
}

/* Lists containers' own kernels, without the current one. */
static int list_own(struct kernel_store *ks, char ***ret)
{
	cleanup(kernel_paths_reset) struct kernel_paths current = { 0 };
	struct own own = { .ks = ks };
	int r;

	(void)kernel_current(ks, &current, NULL);
	snprintf(own.current, sizeof(own.current), "%s", current.hash);
	r = path_each(ks->fd, add_own, &own);
	*ret = own.hashes;
	return r;
}

/* Does a container name this kernel, or one that an upgrade of moat-init has turned into it? */
static bool is_used(struct kernel_store *ks, char *const *used, const char *hash)
{
	char next[SHA256_HEX_LEN + 1];

	for (; used && *used; used++) {
		snprintf(next, sizeof(next), "%s", *used);
		for (unsigned i = 0; i < KERNEL_UPGRADES_MAX; i++)
			if (streq(next, hash))
				return true;
			else if (kernel_next(ks, next, next) < 0)
				break;
	}
	return false;
}

void kernel_tidy(struct kernel_store *ks, char *const *used)
{
	cleanup_strv char **own = NULL;

	if (list_own(ks, &own) < 0)
		return;
	for (char **hash = own; hash && *hash; hash++)
		if (!is_used(ks, used, *hash) && path_remove_tree(ks->fd, *hash) == 0)
			log_info("kernel %.12s removed: no container has it any more", *hash);
}
