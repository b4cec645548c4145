/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/str.h"
#include "daemon/network/config.h"
#include "daemon/network/networks.h"
#include "daemon/state/network.h"

/*
 * The networks of a data root: "default", which docker calls bridge, is always there; so is "none",
 * on which a container has nothing.  The others are made by users.
 *
 * Clients of docker look for a network "bridge" in what they are answered, and are shown it; moat's
 * own command line is shown "default".  Each may use both names.
 */

#define NETWORK_DEFAULT "default"
#define NETWORK_BRIDGE	"bridge" /* docker's name for the default network */
#define NETWORK_NONE	"none"
#define NETWORK_HOST	"host" /* a name of docker's for what does not exist here */

/** network_shown_name() - a network's name for the reader of an answer.  @default_name: the
 * reader's name for the default network */
static inline const char *network_shown_name(const char *name, const char *default_name)
{
	return streq(name, NETWORK_DEFAULT) ? default_name : name;
}

/** network_said_name() - a network's name in a message, whoever reads it */
static inline const char *network_said_name(const char *name)
{
	return network_shown_name(name, NETWORK_DEFAULT " (" NETWORK_BRIDGE ")");
}

/* A copy of a network, for readers. */
struct network_view {
	struct network_record rec;
	struct network_config config; /* empty for the network "none" */
	unsigned users;		      /* containers that name it, whether they run or not */
};

/** network_is_none() - is it the network "none"? */
static inline bool network_is_none(const struct network_record *rec)
{
	return streq(rec->driver, "null");
}

/**
 * network_create() - make a network
 * @body:         docker's request; borrowed
 * @ret_id:       of the new one
 * @ret_warnings: strv_free(), on failure too
 *
 * Return: 0; -EEXIST when the name is taken, or its subnet; -EINVAL, -EBADMSG, -EOPNOTSUPP,
 * -EADDRNOTAVAIL, each with a message; -errno.
 */
int network_create(struct networks *nets, const json_t *body, char ret_id[ID_LEN + 1],
		   char ***ret_warnings, struct err *err);

/**
 * network_remove() - remove a network, by name, id, or unambiguous id prefix
 *
 * Return: 0; -ENOENT; -EPERM for one that is always there; -EBUSY with a message that names its
 * users; -errno.
 */
int network_remove(struct networks *nets, const char *name, struct err *err);

/** network_prune() - remove a network that no container names.  Return: 0; -EBUSY; as
 * network_remove(). */
int network_prune(struct networks *nets, const char *name, struct err *err);

/**
 * network_resolve() - find the name of a network that somebody named in one of its ways
 * @name: its name, "bridge" for the default one, its id, or an unambiguous prefix of that
 * @ret:  owned
 *
 * Return: 0; -ENOENT "network X not found"; -EINVAL for an ambiguous prefix; -ENOMEM.
 */
int network_resolve(struct networks *nets, const char *name, char **ret, struct err *err);
