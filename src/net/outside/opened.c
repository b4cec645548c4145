/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What a setting was before moat is told by the list an interface is in, so
 * that it can be put back by whoever reads the table: it was off.  A host that is made to pass on
 * everything of IPv4 meanwhile has that set for each interface, so what moat had opened before is
 * the host's then, and stays.  With IPv6 moat's setting is another one than the host's, and is
 * taken back when it is not needed.
 */
#include "net/outside/opened.h"

#include <sys/socket.h>

#include "base/str.h"
#include "net/outside/forwarding.h"

static const uint8_t families[OPENED_KINDS] = {
	[OPENED_4] = AF_INET,
	[OPENED_6] = AF_INET6,
	[OPENED_4_BESIDES] = AF_INET,
};

const char *opened_set(enum opened_kind kind)
{
	static const char *const sets[OPENED_KINDS] = {
		[OPENED_4] = "opened4",
		[OPENED_6] = "opened6",
		[OPENED_4_BESIDES] = "besides4",
	};

	return sets[kind];
}

static void forget_names(struct opened *o, enum opened_kind kind)
{
	strv_free(o->names[kind]);
	o->names[kind] = NULL;
}

void opened_reset(struct opened *o)
{
	for (enum opened_kind kind = 0; kind < OPENED_KINDS; kind++)
		forget_names(o, kind);
}

/* The host passes everything on by itself, so nothing is moat's any more.
 * Return: was there any? */
static bool let_go(struct opened *o, uint8_t family)
{
	enum opened_kind kind = family == AF_INET ? OPENED_4 : OPENED_6;

	if (!o->names[kind] || strv_has(o->names[kind], FORWARDING_ALL))
		return false;
	if (family == AF_INET6)
		forwarding_set(family, o->names[kind], false);
	forget_names(o, kind);
	return true;
}

int opened_look(struct opened *o, struct netlink *nl, uint8_t family, const char *but)
{
	cleanup_strv char **missing = NULL;
	bool all = forwarding_of_all(family);
	enum opened_kind kind = family == AF_INET6 ? OPENED_6 : all ? OPENED_4_BESIDES : OPENED_4;
	bool changed = all && let_go(o, family);
	int r = forwarding_missing(nl, family, but, &missing);

	for (char **name = missing; r == 0 && name && *name; name++) {
		/* An interface that is in the list already was closed by somebody. */
		if (!strv_has(o->names[kind], *name))
			r = strv_add(&o->names[kind], *name);
		changed = true;
	}
	return r < 0 ? r : changed;
}

void opened_open(const struct opened *o)
{
	for (enum opened_kind kind = 0; kind < OPENED_KINDS; kind++)
		forwarding_set(families[kind], o->names[kind], true);
}

void opened_put_back(struct opened *o)
{
	bool all = forwarding_of_all(AF_INET);

	for (enum opened_kind kind = 0; kind < OPENED_KINDS; kind++) {
		if (kind != OPENED_4 || !all)
			forwarding_set(families[kind], o->names[kind], false);
		forget_names(o, kind);
	}
}
