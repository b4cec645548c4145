/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/machines.h"
#include "daemon/machine/plan.h"
#include "daemon/machine/template.h"

/* One machine that waits for a container: a moat-shim with its own folder below $ROOT/spares. */
struct spare {
	struct spare *next;
	char name[24];			/* of the folder */
	char key[TEMPLATE_KEY_LEN + 1]; /* of the template it was restored from */
	pid_t pid;			/* of the shim; ours to reap */
	pid_t engine_pid;
	int fd;	    /* socket to it; it ends with this, unless it is given away */
	bool given; /* to a container, whose shim it is now */
};

/**
 * spare_make() - restore a machine and have it rehearse
 * @dir_fd:  $ROOT/spares; borrowed
 * @name:    of the new folder
 * @ret:     owned, spare_end()
 *
 * Takes as long as a start and longer.
 *
 * Return: 0; -errno with a message.
 */
int spare_make(struct machines *ms, int dir_fd, const char *name, const struct machine_plan *plan,
	       struct spare **ret, struct err *err);

/**
 * spare_give() - hand the machine over to a container
 * @dir_fd: the container's folder, with config.json and machine.json; borrowed
 *
 * From success on the shim serves the container as one of shim_spawn(), and @s->pid is the
 * container's; spare_end() then only removes the folder.
 *
 * Return: 0; -EPIPE where the machine is gone; -errno with a message.
 */
int spare_give(struct spare *s, int dir_fd, struct err *err);

/** spare_is_done() - has it ended, or has the container it was given to taken all it needs? */
bool spare_is_done(const struct spare *s);

/** spare_end() - end the machine if it was not given away, and remove the folder; where it was
 * given away, not before spare_is_done() */
void spare_end(struct spare *s, int dir_fd);

/** spare_rehearsal_image() - make the disk that spares rehearse with.  Return: 0; -errno with a
 * message. */
int spare_rehearsal_image(int dir_fd, struct err *err);
