/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/machines.h"
#include "daemon/machine/plan.h"
#include "daemon/machine/template-files.h"

/*
 * Templates: machines that were booted to where they wait for a container, and saved.  There is one
 * for each kind of machine, in $ROOT/templates/KEY; the first start of that kind makes it.
 */

struct templates;

/* A template as a machine is restored from it. */
struct template_use {
	char key[TEMPLATE_KEY_LEN + 1];
	int memory_fd; /* owned; sealed */
	int state_fd;  /* owned; has an offset of its own */
};

void template_use_reset(struct template_use *u);

/** templates_open() - open the store, removing what a crash left.  @ret: owned by the caller.
 * Return: 0; -errno with a message. */
int templates_open(struct machines *ms, struct templates **ret, struct err *err);
void templates_close(struct templates *t);

/**
 * template_take() - the template for a machine, made first where there is none
 * @ret: owned, template_use_reset()
 *
 * Those who want the same one wait while one of them makes it.  A failure to make one is not tried
 * again for a while.
 *
 * Return: 0; -EOPNOTSUPP where the engine knows no templates; -errno with a message.
 */
int template_take(struct templates *t, const struct machine_plan *plan, struct template_use *ret,
		  struct err *err);

/** template_distrust() - make a template anew before its next use, as a machine could not be
 * restored from it */
void template_distrust(struct templates *t, const char *key);
