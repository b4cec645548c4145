/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Lines of /etc/passwd and /etc/group are cut into their fields as they are
 * met; lines with too few fields, or with other text in place of a number, are skipped.
 *
 * The files belong to the image and the container: hostile.
 */
#include "guest/process/users.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

#define ID_MAX	   0x7fffffff /* docker's limit, too */
#define GROUPS_MAX 65536      /* the kernel's limit of setgroups(2) */

/* A piece of the text; not terminated. */
struct piece {
	const char *s;
	size_t len;
};

struct passwd_line {
	struct piece name, home;
	uint32_t uid, gid;
};

struct group_line {
	struct piece name, members;
	uint32_t gid;
};

/* Takes the text up to the next @separator off the front of @from.  Return: false when @from is
 * used up. */
static bool next_piece(struct piece *from, char separator, struct piece *ret)
{
	const char *end;

	if (!from->s)
		return false;
	end = from->len ? memchr(from->s, separator, from->len) : NULL;
	ret->s = from->s;
	ret->len = end ? (size_t)(end - from->s) : from->len;
	from->len -= end ? ret->len + 1 : ret->len;
	from->s = end ? end + 1 : NULL;
	return true;
}

static bool piece_eq(struct piece p, struct piece q)
{
	return p.len == q.len && memcmp(p.s, q.s, p.len) == 0;
}

static bool to_id(struct piece p, uint32_t *ret)
{
	char text[16];

	if (p.len == 0 || p.len >= sizeof(text))
		return false;
	memcpy(text, p.s, p.len);
	text[p.len] = '\0';
	return str_to_u32(text, ret) == 0;
}

/* name:password:uid:gid:gecos:home:shell */
static bool next_user(struct piece *text, struct passwd_line *ret)
{
	struct piece line, field[6];

	while (next_piece(text, '\n', &line)) {
		unsigned n = 0;

		while (n < 6 && next_piece(&line, ':', &field[n]))
			n++;
		if (n < 4 || !to_id(field[2], &ret->uid) || !to_id(field[3], &ret->gid))
			continue;
		ret->name = field[0];
		ret->home = n == 6 ? field[5] : (struct piece){ "", 0 };
		return true;
	}
	return false;
}

/* name:password:gid:member,member */
static bool next_group(struct piece *text, struct group_line *ret)
{
	struct piece line, field[4];

	while (next_piece(text, '\n', &line)) {
		unsigned n = 0;

		while (n < 4 && next_piece(&line, ':', &field[n]))
			n++;
		if (n < 3 || !to_id(field[2], &ret->gid))
			continue;
		ret->name = field[0];
		ret->members = n == 4 ? field[3] : (struct piece){ "", 0 };
		return true;
	}
	return false;
}

static bool is_member(const struct group_line *g, struct piece name)
{
	struct piece rest = g->members, member;

	while (next_piece(&rest, ',', &member))
		if (piece_eq(member, name))
			return true;
	return false;
}

static int set_home(struct user *u, struct piece home, struct err *err)
{
	u->home = home.len > 0 ? strndup(home.s, home.len) : strdup("/");
	return u->home ? 0 : err_nomem(err);
}

/* @ret_name: of the line that was found, else empty. */
static int find_user(struct piece who, const char *passwd, struct user *u, struct piece *ret_name,
		     struct err *err)
{
	struct piece text = { passwd, strlen(passwd) };
	struct passwd_line line;
	uint32_t uid = 0;
	bool is_number = who.len == 0 || to_id(who, &uid);

	*ret_name = (struct piece){ "", 0 };
	while (next_user(&text, &line)) {
		if (is_number ? line.uid != uid : !piece_eq(line.name, who))
			continue;
		u->uid = line.uid;
		u->gid = line.gid;
		*ret_name = line.name;
		return set_home(u, line.home, err);
	}
	if (!is_number)
		return err_set(err, -EINVAL,
			       "unable to find user %.*s: no matching entries in passwd file",
			       (int)who.len, who.s);
	if (uid > ID_MAX)
		return err_set(err, -EINVAL, "uids and gids must be in range 0-2147483647");
	u->uid = uid;
	return set_home(u, (struct piece){ "/", 1 }, err);
}

/* Return: 0; -ENOENT for a name that no line has; -ERANGE. */
static int find_gid(struct piece which, const char *group, uint32_t *ret)
{
	struct piece text = { group, strlen(group) };
	struct group_line line;
	uint32_t gid;
	bool is_number = to_id(which, &gid);

	while (next_group(&text, &line)) {
		if (is_number ? line.gid != gid : !piece_eq(line.name, which))
			continue;
		*ret = line.gid;
		return 0;
	}
	if (!is_number)
		return -ENOENT;
	if (gid > ID_MAX)
		return -ERANGE;
	*ret = gid;
	return 0;
}

static int find_group(struct piece which, const char *group, struct user *u, struct err *err)
{
	int r = find_gid(which, group, &u->gid);

	if (r == -ENOENT)
		return err_set(err, -EINVAL,
			       "unable to find group %.*s: no matching entries in group file",
			       (int)which.len, which.s);
	if (r == -ERANGE)
		return err_set(err, -EINVAL, "uids and gids must be in range 0-2147483647");
	return r;
}

static int add_group(struct user *u, gid_t gid, struct err *err)
{
	gid_t *grown;

	for (size_t i = 0; i < u->n_groups; i++)
		if (u->groups[i] == gid)
			return 0;
	if (u->n_groups >= GROUPS_MAX)
		return 0;
	grown = realloc(u->groups, (u->n_groups + 1) * sizeof(*grown));
	if (!grown)
		return err_nomem(err);
	grown[u->n_groups++] = gid;
	u->groups = grown;
	return 0;
}

static int find_memberships(struct piece name, const char *group, struct user *u, struct err *err)
{
	struct piece text = { group, strlen(group) };
	struct group_line line;
	int r = 0;

	while (r == 0 && next_group(&text, &line))
		if (is_member(&line, name))
			r = add_group(u, line.gid, err);
	return r;
}

int user_add_groups(struct user *u, char *const *names, const char *group, struct err *err)
{
	int r = 0;

	for (; r == 0 && names && *names; names++) {
		uint32_t gid;

		if (find_gid((struct piece){ *names, strlen(*names) }, group, &gid) < 0)
			return err_set(err, -EINVAL, "Unable to find group %s", *names);
		r = add_group(u, gid, err);
	}
	return r;
}

int user_lookup(const char *spec, const char *passwd, const char *group, struct user *ret,
		struct err *err)
{
	cleanup(user_reset) struct user u = { 0 };
	struct piece rest = { spec, strlen(spec) }, who, which = { "", 0 }, name;
	int r;

	next_piece(&rest, ':', &who);
	if (rest.s)
		which = rest;
	r = find_user(who, passwd, &u, &name, err);
	if (r == 0 && which.len > 0)
		r = find_group(which, group, &u, err);
	/* The user's own group is among the supplementary ones, as with login(1): a process that
	 * changes its gid is still a member, and a file that denies the group access denies it. */
	if (r == 0)
		r = add_group(&u, u.gid, err);
	if (r == 0 && which.len == 0 && name.len > 0)
		r = find_memberships(name, group, &u, err);
	if (r < 0)
		return r;
	*ret = take_struct(u);
	return 0;
}

void user_reset(struct user *u)
{
	free(u->home);
	free(u->groups);
	*u = (struct user){ 0 };
}
