/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "guest/container/cgroup.h"
#include "guest/container/mounts.h"
#include "guest/container/namespaces.h"
#include "guest/container/sockets.h"
#include "guest/machine/machine.h"
#include "link/setup.h"
#include "oci/options.h"

struct connection;
struct process;

enum container_state {
	CONTAINER_VACANT, /* the host has not named it yet */
	CONTAINER_FAILED, /* it could not be set up */
	CONTAINER_READY,  /* its root is mounted */
	CONTAINER_ENDING, /* its processes are being killed, REMOVED or DOWN follows */
};

/*
 * A container of this machine.  Its folder holds its mount points and name files; whoever works on
 * them makes it the working folder, and uses relative names.
 */
struct container {
	struct container *next;
	struct machine *machine; /* borrowed */
	uint16_t number;	 /* by which the host knows it; 0: vacant */
	unsigned place;		 /* chosen here; names its folder and cgroup */
	char dir[16];		 /* "/c/PLACE" */
	enum container_state state;
	struct cgroup cgroup;
	struct namespaces namespaces;
	struct mounts mounts;
	struct link_container spec;
	struct oci_options options; /* empty unless has_options */
	bool has_options;
	struct shares *shares;	   /* NULL: it has none */
	bool had_first;		   /* its first process has been started */
	pid_t first_pid;	   /* of the first process; 0 when it does not run */
	int first_pidfd;	   /* the same, by which others join its namespaces; -1 */
	struct process *processes; /* all that moat-init has started for it */
	struct sockets sockets;	   /* that moat-init listens on */
	struct connection *connections;
	uint64_t oom_told; /* how many killed processes the host was told of */
	struct source *oom_source;
};

/**
 * container_new() - make an empty container
 * @ret: owned, container_free()
 *
 * Return: 0; -ENOMEM with a message.
 */
int container_new(struct machine *m, struct container **ret, struct err *err);

/** container_find() - find a container by the host's number.  Return: NULL when there is none. */
struct container *container_find(const struct machine *m, uint16_t number);

/**
 * container_prepare() - make what all containers have alike: folder, cgroup, namespaces, mounts
 *
 * Return: 0; -errno with a message.
 */
int container_prepare(struct container *c, struct err *err);

/**
 * container_set_up() - make the container what the host wants: limits, name files, disks
 *
 * Reads c->spec and c->options.
 *
 * Return: 0; -errno with a message.
 */
int container_set_up(struct container *c, struct err *err);

/** container_rename() - write /etc/hosts with other lines after the usual ones, and
 * /etc/resolv.conf, unless its text is "".  Return: 0; -errno with a message. */
int container_rename(struct container *c, char *const *hosts, const char *resolv_conf,
		     struct err *err);

/** container_filled() - note that volumes have got their content from the image, which happens once
 */
void container_filled(struct container *c);

/**
 * container_enter() - bring the first process, in pid and mount namespaces of its own, into the
 * container
 * @tty: number of the terminal that becomes /dev/console; -1 for none
 *
 * Return: 0; -errno with a message.
 */
int container_enter(const struct container *c, int tty, struct err *err);

/**
 * container_release() - undo container_set_up() and container_prepare(), as far as that went
 *
 * No process of the container may be left.
 *
 * Return: 0; -EBUSY where something is still in use; -errno with a message.
 */
int container_release(struct container *c, struct err *err);

/** container_free() - free a container; NULL is accepted */
void container_free(struct container *c);
