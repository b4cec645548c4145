/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/state/state.h"
#include "oci/runtime.h"

/* A container's texts of the database, parsed once for all who need them. */
struct stored {
	json_t *config, *host;	/* docker's Config and HostConfig */
	struct oci_runtime *rt; /* config.json */
};

/** stored_parse() - @texts: borrowed.  @ret: owned, stored_reset().  Return: 0; -EBADMSG with a
 * message; -ENOMEM. */
int stored_parse(const struct texts *texts, struct stored *ret, struct err *err);

/** stored_read() - read and parse a row of the database.  @id: of the container.  Return: as
 * stored_parse(); -ENOENT; -EIO with a message. */
int stored_read(struct state *st, const char *id, struct stored *ret, struct err *err);

void stored_reset(struct stored *s);
