/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/machine/machine.h"

/*
 * What most containers do without (struct oci_options).  Nothing here runs for a container that
 * asks for nothing.
 */

/**
 * options_apply() - in moat-init: sysctls, domain name, further limits, name files, devices
 *
 * After mounts_write_files(), before the container's first process.
 *
 * Return: 0; -errno.
 */
int options_apply(struct machine *m, struct err *err);

/** options_mount() - in the container's first process, in its root: what it has of file systems
 * beside the usual.  Return: 0; -errno. */
int options_mount(const struct oci_options *o, struct err *err);

/** options_filter() - restrict this process's system calls, for good.  Return: 0; -errno. */
int options_filter(const struct oci_options *o, struct err *err);
