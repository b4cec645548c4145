/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "settings/settings.h"

/* Shared by the files that read settings. */

/* A member of an object: its name, and the function that reads its value. */
struct member {
	const char *name;
	int (*read)(const char *name, json_t *value, void *to, struct err *err);
};

/** read_members() - read all members of an object; one that is not in @members is an error.
 * Return: 0; -EINVAL with a message; as the members' functions. */
int read_members(json_t *obj, const struct member *members, size_t n, void *to, struct err *err);

/** read_text(), read_list() - read a text, or a list of texts, which is added to @ret.  Return: 0;
 * -EINVAL with a message; -ENOMEM. */
int read_text(const char *name, const json_t *value, char **ret, struct err *err);
int read_list(const char *name, const json_t *value, char ***ret, struct err *err);

/** wrong_type() - set the error for a value of a wrong type */
int wrong_type(const char *name, const char *wanted, struct err *err);

#define SETTINGS_LIST_MAX 1000

/** read_limits() - read "image-limits" into a struct settings */
int read_limits(const char *name, json_t *value, void *to, struct err *err);

/** read_signatures() - read "signatures" into a struct settings */
int read_signatures(const char *name, json_t *value, void *to, struct err *err);
