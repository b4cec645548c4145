/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/spec/mount-point.h"

/**
 * mounts_from_request() - read the mounts of a create request
 * @config: docker's Config, with the image's "Volumes" in it
 * @host:   docker's HostConfig: "Binds", "Mounts"; "Tmpfs" only for destinations that it takes
 * @m:      mounts taken from other containers ("VolumesFrom"); the others are added, and all sorted
 *
 * By docker's rules: of "Binds" and "Mounts" no two may have the same destination, and they take
 * the place of what another container gave; "Volumes" are for destinations that are left.  Volumes
 * without a name have an empty source.
 *
 * Return: 0; -EINVAL, -EBADMSG or -EOPNOTSUPP with docker's message where it has one; -ENOMEM.
 */
int mounts_from_request(const json_t *config, const json_t *host, struct mount_points *m,
			struct err *err);

/**
 * mounts_volumes_from() - read one of "VolumesFrom": CONTAINER[:ro|rw]
 * @ret_container: owned
 *
 * Return: 0; -EINVAL with docker's message; -ENOMEM.
 */
int mounts_volumes_from(const char *text, char **ret_container, bool *ret_read_only,
			struct err *err);
