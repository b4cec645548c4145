/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "net/common/wire.h"
#include "net/outside/opened.h"

/*
 * The one table that moat has among the host's rules, as a text for nft, and the way back.  Pure.
 *
 * It is called moat, or moat_N where another moat has that: N is in the name of the host's end of
 * the way into moat's namespace, too, moatN, so each can be found by the other.  Which interfaces
 * moat had to have pass packets on is in there as well, and nowhere else: whoever finds a table
 * that a killed moat has left can put everything back.
 */

#define HOST_TABLE_MAX 24
#define HOST_SHORTCUTS "shortcuts" /* the table's map of shortcuts (shortcuts.h) */

struct host_rules {
	unsigned number;
	const struct ip_net *subnets; /* of networks that are let out */
	size_t n_subnets;
	const struct opened *opened;
	bool shortcuts; /* there may be some */
};

/** host_table() - write the name of a table */
void host_table(unsigned number, char ret[HOST_TABLE_MAX]);

/** host_device() - write the name of the host's end */
void host_device(unsigned number, char ret[IFNAMSIZ]);

/** host_number() - read the number in a table's or device's name.  Return: 0; -EINVAL for a name
 * that is not moat's. */
int host_number(const char *name, unsigned *ret);

/** host_rules_write() - write the table, in the place of one of that name.  Return: 0; -ENOMEM. */
int host_rules_write(struct buf *b, const struct host_rules *rules);

/** host_rules_remove() - write what removes a table.  Return: 0; -ENOMEM. */
int host_rules_remove(struct buf *b, unsigned number);

/**
 * host_rules_read() - read from a table which interfaces moat has opened
 * @json: what nft -j says of it
 *
 * @ret:  opened_reset()
 *
 * Return: 0; -EBADMSG with a message; -ENOMEM.
 */
int host_rules_read(const char *json, size_t len, struct opened *ret, struct err *err);

/**
 * host_tables_read() - read the numbers of moat's tables
 * @json: what nft -j says of "tables"
 *
 * Return: 0, owned array, free(3); -EBADMSG with a message; -ENOMEM.
 */
int host_tables_read(const char *json, size_t len, unsigned **ret, size_t *ret_n, struct err *err);

/** host_tables_have() - is there a table of this number?  Return: 1: yes; 0: no; -EBADMSG with a
 * message; -ENOMEM. */
int host_tables_have(const char *json, size_t len, unsigned number, struct err *err);
