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
	CONTAINER_VACANT, /* no host knows of it */
	CONTAINER_FAILED, /* it could not be set up */
	CONTAINER_READY,  /* its root is mounted */
	CONTAINER_ENDING, /* what is left of it is killed; REMOVED or DOWN follows */
};

/*
 * A container of this machine.  Its folder holds its mount points and name files; what works on
 * those goes there first and uses names without a slash before them.
 */
struct container {
	struct container *next;
	struct machine *machine; /* borrowed */
	uint16_t number;	 /* the host's; 0: vacant */
	unsigned place;		 /* ours, by which folder and cgroup are named */
	char dir[16];		 /* "/c/PLACE" */
	enum container_state state;
	struct cgroup cgroup;
	struct namespaces namespaces;
	struct mounts mounts;
	struct link_container spec;
	struct oci_options options; /* empty unless has_options */
	bool has_options;
	struct shares *shares;	   /* NULL: it has none */
	bool had_first;		   /* its first process was started */
	pid_t first_pid;	   /* 0 when it is not running */
	int first_pidfd;	   /* by which others find its namespaces; -1 likewise */
	struct process *processes; /* those that moat-init has started for it */
	struct sockets sockets;	   /* on which moat-init listens */
	struct connection *connections;
	uint64_t oom_told; /* processes killed for want of memory the host knows of */
	struct source *oom_source;
};

/**
 * container_new() - a container without anything
 * @ret: owned, container_free()
 *
 * Return: 0; -ENOMEM with a message.
 */
int container_new(struct machine *m, struct container **ret, struct err *err);

/** container_find() - by the host's number.  Return: NULL when there is none. */
struct container *container_find(const struct machine *m, uint16_t number);

/**
 * container_prepare() - make what is the same for all: folder, cgroup, namespaces, mounts
 *
 * Return: 0; -errno with a message.
 */
int container_prepare(struct container *c, struct err *err);

/**
 * container_set_up() - make it the one the host wants: limits, name files, disks
 *
 * Reads c->spec and c->options.
 *
 * Return: 0; -errno with a message.
 */
int container_set_up(struct container *c, struct err *err);

/** container_rename() - other lines of /etc/hosts, beside the usual; other text of
 * /etc/resolv.conf, unless it is "".  Return: 0; -errno with a message. */
int container_rename(struct container *c, char *const *hosts, const char *resolv_conf,
		     struct err *err);

/** container_filled() - its mounts have got what the image has for them, and get no more */
void container_filled(struct container *c);

/**
 * container_enter() - in its first process, in pid and mount namespaces of its own: go where the
 * container is
 * @tty: number of the terminal that becomes /dev/console; -1 for none
 *
 * Return: 0; -errno with a message.
 */
int container_enter(const struct container *c, int tty, struct err *err);

/**
 * container_release() - undo container_set_up() and container_prepare(), as far as that went
 *
 * No process of it may be left.
 *
 * Return: 0; -EBUSY where something is still in use; -errno with a message.
 */
int container_release(struct container *c, struct err *err);

/** container_free() - forget it; NULL is accepted */
void container_free(struct container *c);
