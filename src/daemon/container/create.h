/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/str.h"
#include "daemon/container/container.h"

struct create_request {
	const char *name;     /* as the client gave it; NULL: choose one */
	const char *platform; /* NULL: whatever the image is for */
	const json_t *body;
};

/* What a client is told beside the id. */
struct create_notes {
	char **warnings;   /* owned, strv_free() */
	bool lacks_kernel; /* no kernel is set: the first start will fetch one */
};

static inline void create_notes_reset(struct create_notes *n)
{
	strv_free(n->warnings);
}

/**
 * container_create() - make a container
 * @ret:          a reference, owned
 * @ret_notes:    owned
 *
 * Return: 0; -ENOENT no such image; -EEXIST the name is taken; -EINVAL, -EBADMSG, -EOPNOTSUPP as
 * config.h has it; -errno, each with docker's message where it has one.
 */
int container_create(struct containers *t, const struct create_request *rq, struct container **ret,
		     struct create_notes *ret_notes, struct err *err);

/** container_name_conflict() - set the error for a name that is in use.  Return: -EEXIST with
 * docker's message. */
int container_name_conflict(struct containers *t, const char *name, struct err *err);
