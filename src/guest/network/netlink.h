/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/*
 * Requests of rtnetlink(7), gathered and sent together: one call to send, one to read the answer.
 */

#define NETLINK_REQUESTS_MAX 96u

/* What a request is about, for the message of its failure; both are borrowed. */
struct netlink_note {
	const char *what, *text;
	int fine; /* errno that counts as success; 0: none */
};

/* `struct netlink_batch b = { 0 };` is valid and empty; netlink_batch_reset(). */
struct netlink_batch {
	struct buf bytes;
	size_t last; /* where the last request begins */
	struct netlink_note notes[NETLINK_REQUESTS_MAX];
	size_t n;
	int failed; /* -ENOMEM, -E2BIG: requests are missing; told when it is sent */
};

void netlink_batch_reset(struct netlink_batch *b);

/**
 * netlink_begin() - add a request
 * @type, @flags: of its header, beside NLM_F_REQUEST
 * @head, @len:   what follows the header, a structure of the kernel's
 * @note:         copied
 */
void netlink_begin(struct netlink_batch *b, uint16_t type, uint16_t flags, const void *head,
		   size_t len, const struct netlink_note *note);

/* Attributes of the last request. */
void netlink_bytes(struct netlink_batch *b, uint16_t type, const void *data, size_t len);
void netlink_u8(struct netlink_batch *b, uint16_t type, uint8_t value);
void netlink_u32(struct netlink_batch *b, uint16_t type, uint32_t value);
void netlink_text(struct netlink_batch *b, uint16_t type, const char *text);

/** netlink_nest() - begin an attribute that holds the following ones, up to netlink_unnest().
 * Return: where it begins. */
size_t netlink_nest(struct netlink_batch *b, uint16_t type);
void netlink_unnest(struct netlink_batch *b, size_t at);

/** netlink_open() - open a socket to the kernel, in the caller's namespace.  Return: 0; -errno. */
int netlink_open(int *ret_fd);

/**
 * netlink_send() - send all requests, and read the answer; requests after a failed one are carried
 * out all the same
 *
 * The kernel carries them out while it takes them, so there is no waiting.
 *
 * Return: 0; -errno of the first that failed, with a message.
 */
int netlink_send(int fd, struct netlink_batch *b, struct err *err);
