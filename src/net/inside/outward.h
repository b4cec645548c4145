/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/inside/keeper.h"

/* The inside's share in what the outside process does: the way outside, and the host's
 * resolvers. */

struct outward;

/**
 * outward_new() - begin to speak with the outside
 * @wire, @ask: sockets to it; taken over when this succeeds
 *
 * Return: 0; -errno with a message.
 */
int outward_new(struct keeper *k, int wire, int ask, struct outward **ret, struct err *err);
void outward_free(struct outward *o);

/** outward_update() - wish for a way outside as the model's networks need it */
void outward_update(struct outward *o);

/** outward_wait() - call back when the way outside is as it was last wished for, or cannot be; at
 * once if it is so already */
void outward_wait(struct outward *o, keeper_then_fn then, void *arg);

/** outward_bye() - tell the outside that everything has ended in good order */
void outward_bye(struct outward *o);

/**
 * outward_ask() - ask the outside, and wait for the answer
 * @m:      the question; the answer is put in its place
 * @fd:     goes with it; borrowed; -1: none
 * @ret_fd: what came with the answer, owned; -1: nothing.  NULL: nothing is expected.
 *
 * Return: what the outside answered; -ETIMEDOUT; -errno.
 */
int outward_ask(struct outward *o, struct wire_message *m, int fd, int *ret_fd);

/** outward_problem() - why containers may not get out: a fault of the way outside, or the host's
 * own rules; "": nothing is wrong */
const char *outward_problem(const struct outward *o);

/** outward_firewall() - what in the host's own rules would stop containers; "": nothing */
const char *outward_firewall(const struct outward *o);

/** outward_servers() - get the host's resolvers.  Return: how many. */
uint32_t outward_servers(const struct outward *o, const struct wire_resolver **ret);
