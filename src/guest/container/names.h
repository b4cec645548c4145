/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/*
 * A container's own name, and the names it knows: files laid over /etc/hostname, /etc/hosts and
 * /etc/resolv.conf.  They are in the container's folder, so they can be written while it runs,
 * whatever its root is like.
 */

#define HOSTNAME_FILE "hostname"
#define HOSTS_FILE    "hosts"
#define RESOLV_FILE   "resolv.conf"

struct names {
	const char *hostname;
	const char *domainname;	 /* NULL or "" for none */
	char *const *hosts;	 /* lines of /etc/hosts */
	const char *resolv_conf; /* NULL or "": the file stays empty, or unchanged */
};

/**
 * names_hosts() - the text of /etc/hosts
 *
 * A line with the host's name takes the place of the usual line for this machine itself.
 *
 * Pure.  Return: 0; -ENOMEM.
 */
int names_hosts(struct buf *b, const struct names *n);

/** names_write() - make all three files in the current folder, the container's, which has none of
 * them yet.  Return: 0; -errno with a message. */
int names_write(const struct names *n, struct err *err);

/** names_change() - write other /etc/hosts and /etc/resolv.conf for a container that may run;
 * /etc/hostname stays.  Return: 0; -errno with a message. */
int names_change(const struct names *n, struct err *err);
