/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/common/nft.h"

/*
 * Rules of the host's own that would stop what it passes on for containers: docker's, firewalld's
 * and ufw's chains for forwarded packets drop whatever they do not know.  moat does not change
 * them; it tells the user what they do, and what to do about it.
 */

struct firewall_chain {
	char family[8];
	char table[64];
	char name[64];
	bool drops; /* packets that no rule of the chain decides about */
};

/**
 * firewall_chains() - find the chains that see forwarded packets, except in moat's own tables
 * @json: what nft -j says of "chains"
 * @ret:  owned array, free(3)
 *
 * Return: 0; -EBADMSG with a message; -ENOMEM.
 */
int firewall_chains(const char *json, size_t len, struct firewall_chain **ret, size_t *ret_n,
		    struct err *err);

/**
 * firewall_blocks() - would a chain drop what comes in by an interface?
 * @json: what nft -j says of its table
 *
 * It would if it drops or rejects in the end, and no rule of the table accepts packets from this
 * interface.
 *
 * Return: 1, 0; -EBADMSG with a message.
 */
int firewall_blocks(const char *json, size_t len, const struct firewall_chain *chain,
		    const char *device, struct err *err);

/** firewall_advice() - write what a chain does to containers, and what to do about it.  @ret: @size
 * bytes */
void firewall_advice(const struct firewall_chain *chain, const char *device, char *ret,
		     size_t size);

/** @text: advice about the first chain that would stop containers; "": there is none */
typedef void (*firewall_fn)(const char *text, void *arg);

/** firewall_check() - look through the host's rules.  @device: borrowed until @fn was called.
 * Return: 0; -ENOMEM. */
int firewall_check(struct nft *nft, const char *device, firewall_fn fn, void *arg);
