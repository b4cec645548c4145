/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

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
	FIELD_IGNORED, /* has no effect, and harms nobody by that: a warning says so */
	FIELD_REFUSED, /* without it the container would be another one */
};

#define FIELD_FINE_MAX 2

struct field {
	const char *name;
	enum field_effect effect;
	const char *why;		  /* why it has no effect, or is not supported; NULL */
	const char *fine[FIELD_FINE_MAX]; /* values that are accepted all the same */
};

/** fields_of() - the table of a place.  @ret_n: its length.  Return: static. */
const struct field *fields_of(enum field_place place, size_t *ret_n);
