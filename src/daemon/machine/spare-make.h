/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/folder.h"
#include "daemon/machine/machines.h"
#include "daemon/machine/plan.h"
#include "daemon/machine/template.h"

/* A machine that waits for a container. */
struct spare {
	struct spare *next;
	char name[MACHINE_NAME_LEN + 1]; /* of its folder */
	char key[TEMPLATE_KEY_LEN + 1];	 /* of the template it was restored from */
	pid_t pid;			 /* of the shim; moatd's child, to be reaped */
	pid_t engine_pid;
	int fd;			       /* holds the machine, which ends when this is closed */
	char tap[CONTROL_TAP_MAX + 1]; /* that the NIC hangs on; "": none */
	bool forked;		       /* it was forked of a zygote */
	bool rehearsed;		       /* it has run the rehearsal itself */
	int forks_fd;		       /* a zygote's: where forks are asked for; -1: no zygote */
};

/**
 * spare_make() - restore a machine, have it rehearse, and let it rest
 * @zygote: fork the machine of it; NULL: restore it
 * @ret:    owned, spare_end()
 *
 * Under software emulation most of a start is translation: whatever code a restored machine runs,
 * it runs for the first time.  So it runs a container of moat's own on disks of its own, twice;
 * what it has translated stays with its process.  Nothing of a container, and no secret, has been
 * near the machine before.
 *
 * Takes as long as a start or longer.  A machine that is forked of a zygote has the zygote's
 * rehearsal, and is there at once.
 *
 * Return: 0; -errno with a message.
 */
int spare_make(struct machines *ms, const struct machine_plan *plan, const struct spare *zygote,
	       struct spare **ret, struct err *err);

/** spare_make_zygote() - as spare_make(), of a machine that others are forked of.  Return: as
 * spare_make(); -errno where the engine cannot fork. */
int spare_make_zygote(struct machines *ms, const struct machine_plan *plan, struct spare **ret,
		      struct err *err);

/**
 * spare_rehearse() - have a forked machine rehearse
 *
 * It has what its zygote has translated, but shares the zygote's memory.  Each page that it writes
 * to becomes a copy: after a rehearsal it has its own of those that most containers write to.
 *
 * Return: 0; -errno with a message: the machine is to be ended.
 */
int spare_rehearse(struct machines *ms, struct spare *s, struct err *err);

/** spare_give_layer() - give a container without a writable layer the one that was made for it.
 * @dir_fd: its folder; borrowed */
void spare_give_layer(struct machines *ms, const struct spare *s, int dir_fd);

/** spare_is_done() - has the spare ended? */
bool spare_is_done(const struct spare *s);

/** spare_end() - end the machine, and remove its folder */
void spare_end(struct machines *ms, struct spare *s);

/** spare_forget() - forget a machine that somebody else holds now */
void spare_forget(struct spare *s);

/** spare_rehearsal_image() - make the disk that spares rehearse with.  Return: 0; -errno with a
 * message. */
int spare_rehearsal_image(int dir_fd, struct err *err);
