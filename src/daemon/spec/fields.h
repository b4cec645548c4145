/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/*
 * Every member of Docker's create request, and what moat does with it.  docs/api/create.md has the
 * same table for people, with an example of each; tests hold the two together and send them all.
 */

enum field_place {
	FIELD_CONFIG,	/* the request itself */
	FIELD_HOST,	/* "HostConfig" */
	FIELD_NETWORK,	/* "NetworkingConfig" */
	FIELD_ENDPOINT, /* an entry of its "EndpointsConfig" */
	FIELD_ADDRESS,	/* "IPAMConfig" of that */
	FIELD_PLACES,
};

enum field_effect {
	FIELD_EFFECTIVE,
	FIELD_IGNORED, /* what has no effect, and harms nobody by that: a warning says so */
	FIELD_REFUSED, /* what the container would be another one with */
};

#define FIELD_FINE_MAX 2

struct field {
	const char *name;
	enum field_effect effect;
	const char *why;		  /* no effect; or what is not supported; NULL */
	const char *fine[FIELD_FINE_MAX]; /* values that are taken all the same */
};

/** fields_of() - the members of a place.  @ret_n: how many.  Return: static. */
const struct field *fields_of(enum field_place place, size_t *ret_n);

/**
 * fields_check() - does a create request ask for what moat cannot do?
 * @body:         the request; borrowed
 * @ret_warnings: one is added for every member that has no effect; strv_free(), on failure too
 *
 * Return: 0; -EOPNOTSUPP or -EINVAL with a message that names the member; -EBADMSG; -ENOMEM.
 */
int fields_check(const json_t *body, char ***ret_warnings, struct err *err);

/**
 * fields_check_update() - the same of an update request, which is flat
 * @changeable: members that an update can change; ends with NULL
 */
int fields_check_update(const json_t *body, const char *const *changeable, char ***ret_warnings,
			struct err *err);
