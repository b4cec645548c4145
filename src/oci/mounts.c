/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Every mount enters a list by oci_mounts_add(), whether from a config.json
 * or from the link; so each is within bounds wherever it is used.
 *
 * Sources and destinations are a user's, by way of moatd.  A destination may lead through links of
 * the image: the guest resolves it in the container's root.
 */
#include "oci/mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/cleanup.h"

static void free_mount(struct oci_mount *mount)
{
	free(mount->source);
	free(mount->destination);
}

void oci_mounts_reset(struct oci_mounts *m)
{
	for (size_t i = 0; i < m->n; i++)
		free_mount(&m->list[i]);
	free(m->list);
	*m = (struct oci_mounts){ 0 };
}

static bool path_climbs(const char *path)
{
	for (const char *part = path; part; part = strchr(part, '/')) {
		part += strspn(part, "/");
		if (strcspn(part, "/") == 2 && part[0] == '.' && part[1] == '.')
			return true;
	}
	return false;
}

static bool is_sound(const char *path)
{
	return path[0] == '/' && strlen(path) < OCI_MOUNT_PATH_MAX && !path_climbs(path);
}

int oci_mounts_add(struct oci_mounts *m, const char *source, const char *destination,
		   uint64_t flags, bool copy)
{
	struct oci_mount *list, one = { .flags = flags, .copy = copy };

	if (!is_sound(destination) || (*source && !is_sound(source)) ||
	    (flags & ~(uint64_t)OCI_MOUNT_FLAGS))
		return -EINVAL;
	if (m->n >= OCI_MOUNTS_MAX)
		return -E2BIG;
	list = reallocarray(m->list, m->n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	m->list = list;
	one.source = strdup(source);
	one.destination = strdup(destination);
	if (!one.source || !one.destination) {
		free_mount(&one);
		return -ENOMEM;
	}
	m->list[m->n++] = one;
	return 0;
}

int oci_mounts_put(struct buf *b, const struct oci_mounts *m)
{
	int r = wire_put_u32(b, (uint32_t)m->n);

	for (size_t i = 0; r == 0 && i < m->n; i++) {
		if (wire_put_str(b, m->list[i].destination) < 0 ||
		    wire_put_u64(b, m->list[i].flags) < 0)
			return -ENOMEM;
		r = wire_put_u8(b, m->list[i].copy);
	}
	return r;
}

static int get_mount(struct wire_view *v, struct oci_mounts *m)
{
	cleanup_free char *destination = NULL;
	uint64_t flags;
	bool copy;
	int r;

	wire_get_str(v, &destination);
	wire_get_u64(v, &flags);
	r = wire_get_bool(v, &copy);
	if (r == 0)
		r = oci_mounts_add(m, "", destination, flags, copy);
	return r < 0 && r != -ENOMEM ? -EBADMSG : r;
}

int oci_mounts_get(struct wire_view *v, struct oci_mounts *ret)
{
	uint32_t n;
	int r = wire_get_u32(v, &n);

	if (r < 0)
		return r;
	if (n > OCI_MOUNTS_MAX)
		return -EBADMSG;
	while (r == 0 && ret->n < n)
		r = get_mount(v, ret);
	return r;
}
