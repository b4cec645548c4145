/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/hash.h"
#include "image/store/store.h"
#include "oci/descriptor.h"

/*
 * A blob on its way into the store: a file below partial/, named by the blob's digest, that grows
 * at its end.  What is there stays when a download ends early, and the next one goes on from it.
 * Several pulls may wait for the same blob; whoever has the claim on its digest writes it.
 */
struct incoming {
	struct store *st;
	struct digest digest;
	uint64_t size_bytes; /* in the end */
	int fd;
	/* Guarded by the store's lock. */
	struct incoming *next;
	unsigned refs;
	struct incoming_listener *listeners;
	uint64_t have_bytes; /* of the file, hashed */
	bool is_whole;	     /* and in blobs/ */
	struct err err;	     /* code 0: none; else what came is not what was announced */
	/* For whoever has the claim. */
	struct hash *hash;
	uint64_t old_bytes;  /* of the file, left by an earlier run and not hashed yet */
	bool was_old;	     /* some of it was */
	bool is_right;	     /* all of it is there, with the digest that was announced */
	uint64_t sent_bytes; /* on their way to the disk */
};

/* Somebody who reads the file as it grows. */
struct incoming_listener {
	struct incoming_listener *next;
	int event_fd; /* owned; an eventfd, of the bytes that came */
};

/**
 * incoming_open() - join those who wait for a blob
 * @ret: incoming_close()
 *
 * Return: 0; 1 when the blob is stored, and @ret is untouched; -EBADMSG when another size of it was
 * announced before; -errno; with a message.
 */
int incoming_open(struct store *st, const struct oci_descriptor *d, struct incoming **ret,
		  struct err *err);

/** incoming_close() - leave them; NULL is accepted */
void incoming_close(struct incoming *in);

/** incoming_listen() - be told of all bytes, those that are there too.  @l: zeroed; must not move
 * until incoming_ignore().  Return: 0; -errno. */
int incoming_listen(struct incoming *in, struct incoming_listener *l);
void incoming_ignore(struct incoming *in, struct incoming_listener *l);

/*
 * What follows is for whoever has the claim on the digest.
 */

/** incoming_resume() - hash what an earlier run of moatd left.  Return: 0; -errno with a message.
 */
int incoming_resume(struct incoming *in, struct err *err);

/** incoming_add() - append.  Return: 0; -EFBIG past the announced size; -ENOSPC; -errno; with a
 * message. */
int incoming_add(struct incoming *in, const void *data, size_t len, struct err *err);

/** incoming_compare() - are these the bytes at @pos, which are there?  Return: 0; -EBADMSG; -errno;
 * with a message. */
int incoming_compare(const struct incoming *in, uint64_t pos, const void *data, size_t len,
		     struct err *err);

/**
 * incoming_check() - all of it has come: size and digest are as announced, or the file goes
 *
 * Return: 0; -ESTALE when the digest is wrong and some of the content was an earlier run's;
 * -EBADMSG; -EIO; with a message.
 */
int incoming_check(struct incoming *in, struct err *err);

/** incoming_publish() - check, sync, and move to blobs/.  Return: 0; as incoming_check(); -errno;
 * with a message. */
int incoming_publish(struct incoming *in, struct err *err);

/** incoming_tidy() - remove files that nobody waits for.  @older_sec: only those untouched for so
 * long.  Return: bytes. */
uint64_t incoming_tidy(struct store *st, int64_t older_sec);
