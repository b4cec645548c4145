/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A container's own kernel stays when the container goes, as others may have
 * the same; what no container names any more is removed when moatd starts, before there are
 * requests.  Where anything cannot be read, nothing is removed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "base/hex.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "daemon/machine/kernel-stage.h"

static int note_container(struct daemon *d, const char *id, char ***used)
{
	cleanup(texts_reset) struct texts texts = { 0 };
	cleanup_json json_t *host = NULL;
	const char *hash;
	int r = state_texts(d->state, id, &texts, NULL);

	if (r == 0)
		r = json_read(texts.host_config, strlen(texts.host_config), "HostConfig", &host,
			      NULL);
	if (r < 0)
		return r;
	hash = json_string_value(json_object_get(json_object_get(host, "Moat"), "KernelHash"));
	return hash ? strv_add(used, hash) : 0;
}

/* The hashes that containers have, and those they lead to. */
static int list_used(struct daemon *d, char ***ret)
{
	struct container **list = NULL;
	char next[SHA256_HEX_LEN + 1];
	size_t n = 0;
	int r = containers_list(&d->containers, &list, &n);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = note_container(d, list[i]->rec.id, ret);
	containers_list_free(&d->containers, list, n);
	for (size_t i = 0; r == 0 && i < strv_len(*ret); i++)
		if (kernel_next(d, (*ret)[i], next) == 0 && !strv_has(*ret, next))
			r = strv_add(ret, next);
	return r;
}

struct own {
	struct daemon *d;
	char current[SHA256_HEX_LEN + 1];
	char **hashes;
};

static int add_own(int dir_fd, const char *name, void *arg)
{
	struct own *own = arg;

	(void)dir_fd;
	if (strlen(name) != SHA256_HEX_LEN || !hex_is_lower(name, SHA256_HEX_LEN) ||
	    streq(name, own->current) || !kernel_is_own(own->d, name))
		return 0;
	return strv_add(&own->hashes, name);
}

/* Folders of containers' own kernels, but for the current one. */
static int list_own(struct daemon *d, char ***ret)
{
	cleanup(kernel_paths_reset) struct kernel_paths current = { 0 };
	struct own own = { .d = d };
	int r;

	(void)kernel_current(d, &current, NULL);
	snprintf(own.current, sizeof(own.current), "%s", current.hash);
	r = path_each(d->kernel_fd, add_own, &own);
	*ret = own.hashes;
	return r;
}

void kernel_tidy(struct daemon *d)
{
	cleanup_strv char **own = NULL, **used = NULL;

	if (list_own(d, &own) < 0 || strv_len(own) == 0 || list_used(d, &used) < 0)
		return;
	for (char **hash = own; *hash; hash++)
		if (!strv_has(used, *hash) && path_remove_tree(d->kernel_fd, *hash) == 0)
			log_info("kernel %.12s removed: no container has it any more", *hash);
}
