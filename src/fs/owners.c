/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/owners.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/macro.h"
#include "base/str.h"

#define FILE_BYTES     MIB(1)
#define NAME_MAX_BYTES 256

static const struct {
	const char *file, *program;
} kinds[OWNERS_KINDS] = {
	[OWNERS_USERS] = { "/etc/subuid", "/usr/bin/newuidmap" },
	[OWNERS_GROUPS] = { "/etc/subgid", "/usr/bin/newgidmap" },
};

const char *owners_program(enum owners_kind kind)
{
	return kinds[kind].program;
}

/* Return: false where the user has a number, but no name. */
static bool user_name(char ret[NAME_MAX_BYTES])
{
	struct passwd entry, *found = NULL;
	char text[4096];

	if (getpwuid_r(geteuid(), &entry, text, sizeof(text), &found) != 0 || !found)
		return false;
	return (size_t)snprintf(ret, NAME_MAX_BYTES, "%s", entry.pw_name) < NAME_MAX_BYTES;
}

size_t owners_find(enum owners_kind kind, struct subid_range ret[SUBIDS_MAX])
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	char name[NAME_MAX_BYTES];
	bool named = user_name(name);

	if (file_read_at(AT_FDCWD, kinds[kind].file, FILE_BYTES, &text) < 0 || text.len == 0)
		return 0;
	return subids_find(text.data, named ? name : NULL, geteuid(), ret);
}

static uint64_t count_owners(enum owners_kind kind)
{
	struct subid_range ranges[SUBIDS_MAX];
	size_t n = owners_find(kind, ranges);
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += ranges[i].n;
	return sum;
}

static char *describe_missing(bool users, bool groups)
{
	char name[NAME_MAX_BYTES];

	if (!user_name(name))
		return str_printf("yours alone, as user %u has no name in /etc/passwd, which "
				  "newuidmap asks for",
				  geteuid());
	return str_printf("yours alone, as there is no range for %s in %s%s%s: have root run "
			  "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s, "
			  "with ids that are nobody's",
			  name, users ? "" : kinds[OWNERS_USERS].file,
			  users || groups ? "" : " and ", groups ? "" : kinds[OWNERS_GROUPS].file,
			  name);
}

char *owners_describe(void)
{
	uint64_t users, groups;

	if (geteuid() == 0)
		return NULL;
	for (size_t i = 0; i < OWNERS_KINDS; i++)
		if (access(kinds[i].program, X_OK) < 0)
			return str_printf("yours alone, as %s is missing: install the package "
					  "uidmap",
					  kinds[i].program);
	users = count_owners(OWNERS_USERS);
	groups = count_owners(OWNERS_GROUPS);
	if (users == 0 || groups == 0)
		return describe_missing(users > 0, groups > 0);
	return str_printf("yours, and those of %llu users and %llu groups that %s and %s give you",
			  (unsigned long long)users, (unsigned long long)groups,
			  kinds[OWNERS_USERS].file, kinds[OWNERS_GROUPS].file);
}
