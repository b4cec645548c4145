/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/folder.h"
#include "daemon/machine/machines.h"
#include "daemon/machine/plan.h"
#include "daemon/machine/template.h"

/* One machine that waits for a container. */
struct spare {
	struct spare *next;
	char name[MACHINE_NAME_LEN + 1]; /* of its folder */
	char key[TEMPLATE_KEY_LEN + 1];	 /* of the template it was restored from */
	pid_t pid;			 /* of the shim; ours to reap */
	pid_t engine_pid;
	int fd;			       /* holds the machine; it ends with this */
	char tap[CONTROL_TAP_MAX + 1]; /* that its NIC hangs on; "": nothing */
	bool forked;		       /* of a zygote */
	bool rehearsed;		       /* by itself */
	int forks_fd;		       /* of a zygote: where forks are asked for; -1 */
};

/**
 * spare_make() - restore a machine, have it rehearse, and let it rest
 * @zygote: to fork it of; NULL: it is restored
 * @ret:    owned, spare_end()
 *
 * Under software emulation most of a start is translation: whatever code a restored machine runs,
 * it runs for the first time.  So it runs a container of moat's own on disks of its own, twice;
 * what it has translated stays with its process.  Nothing of a container, and no secret, has been
 * near the machine before.
 *
 * Takes as long as a start and longer; one that is forked of a zygote is what that is, at once.
 *
 * Return: 0; -errno with a message.
 */
int spare_make(struct machines *ms, const struct machine_plan *plan, const struct spare *zygote,
	       struct spare **ret, struct err *err);

/** spare_make_zygote() - the same, of a machine that is there to be forked.  Return: as
 * spare_make(); -errno where the engine forks none. */
int spare_make_zygote(struct machines *ms, const struct machine_plan *plan, struct spare **ret,
		      struct err *err);

/**
 * spare_rehearse() - have one that was forked rehearse
 *
 * It has what its zygote has translated, but shares its memory, of which a copy is made, page by
 * page, where the machine writes: what most containers write to is its own then.
 *
 * Return: 0; -errno with a message: the machine is to be ended.
 */
int spare_rehearse(struct machines *ms, struct spare *s, struct err *err);

/** spare_give_layer() - a container without a writable layer gets the one that was made for it.
 * @dir_fd: its folder; borrowed */
void spare_give_layer(struct machines *ms, const struct spare *s, int dir_fd);

/** spare_is_done() - has it ended? */
bool spare_is_done(const struct spare *s);

/** spare_end() - end the machine, and remove its folder */
void spare_end(struct machines *ms, struct spare *s);

/** spare_forget() - the machine is somebody's now, who holds it */
void spare_forget(struct spare *s);

/** spare_rehearsal_image() - make the disk that spares rehearse with.  Return: 0; -errno with a
 * message. */
int spare_rehearsal_image(int dir_fd, struct err *err);
