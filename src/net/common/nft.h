/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "loop/loop.h"

/*
 * Changes to nftables, made by the program nft, one run after the other.  What is asked for while
 * one runs goes into the next run together, so that many changes at once cost few runs.
 */

struct nft;

/** @result: 0; -errno with what nft said in @message: nothing of the text was done then */
typedef void (*nft_done_fn)(int result, const char *message, void *arg);

/** nft_new() - Return: 0; -ENOENT with a message where there is no such program; -ENOMEM. */
int nft_new(struct loop *loop, struct nft **ret, struct err *err);

/** nft_free() - stop; nobody is told of jobs that are not done; NULL is accepted */
void nft_free(struct nft *n);

/**
 * nft_change() - have nft carry out a text, as one transaction
 * @text: whole lines; copied
 * @fn:   called once, from the loop; NULL: nobody wants to know
 *
 * Texts asked for together are done together or not at all; where that fails, each is tried by
 * itself.
 *
 * Return: 0; -ENOMEM.
 */
int nft_change(struct nft *n, const char *text, nft_done_fn fn, void *arg);

/** nft_idle() - is everything done that was asked for? */
bool nft_idle(const struct nft *n);

/** @text: what was listed, as JSON; NULL with @result below 0 */
typedef void (*nft_listed_fn)(int result, const char *text, size_t len, void *arg);

/** nft_list() - have nft list something when all changes asked for are made.  @what: "counters",
 * "ruleset", …, words with spaces between.  Return: 0; -ENOMEM. */
int nft_list(struct nft *n, const char *what, nft_listed_fn fn, void *arg);
