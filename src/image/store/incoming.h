/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/hash.h"
#include "image/store/store.h"
#include "oci/descriptor.h"

/*
 * A blob on its way into the store: a file below partial/, named by the blob's digest, that grows
 * at its end.  The file stays when a download ends early, and the next download continues it.
 * Several pulls may wait for the same blob; the holder of the claim on its digest writes it.
 */
struct incoming {
	struct store *st;
	struct digest digest;
	uint64_t size_bytes; /* final size */
	int fd;
	/* Guarded by the store's lock. */
	struct incoming *next;
	unsigned refs;
	struct incoming_listener *listeners;
	uint64_t have_bytes; /* length of the file, hashed so far */
	bool is_whole;	     /* complete, and in blobs/ */
	struct err err;	     /* code 0: none; else the content was not as announced */
	/* Used by the holder of the claim. */
	struct hash *hash;
	uint64_t old_bytes;  /* length of the file of an earlier run that is not hashed yet */
	bool was_old;	     /* some content is of an earlier run */
	bool is_right;	     /* the file is complete and has the announced digest */
	uint64_t sent_bytes; /* bytes whose writing to the disk was started */
};

/* A reader of the file while it grows. */
struct incoming_listener {
	struct incoming_listener *next;
	int event_fd; /* owned; an eventfd that counts the bytes that came */
};

/**
 * incoming_open() - begin to wait for a blob
 * @ret: incoming_close()
 *
 * Return: 0; 1 when the blob is stored, and @ret is untouched; -EBADMSG when another size of it was
 * announced before; -errno; with a message.
 */
int incoming_open(struct store *st, const struct oci_descriptor *d, struct incoming **ret,
		  struct err *err);

/** incoming_close() - wait no longer; NULL is accepted */
void incoming_close(struct incoming *in);

/** incoming_listen() - hear of all bytes, those already there included.  @l: zeroed; must not move
 * until incoming_ignore().  Return: 0; -errno. */
int incoming_listen(struct incoming *in, struct incoming_listener *l);
void incoming_ignore(struct incoming *in, struct incoming_listener *l);

/* The functions below are for the holder of the claim on the digest. */

/** incoming_resume() - hash the file that an earlier run of moatd left.  Return: 0; -errno with a
 * message. */
int incoming_resume(struct incoming *in, struct err *err);

/** incoming_add() - append data.  Return: 0; -EFBIG past the announced size; -ENOSPC; -errno; with
 * a message. */
int incoming_add(struct incoming *in, const void *data, size_t len, struct err *err);

/** incoming_compare() - are these the bytes that the file has at @pos?  Return: 0; -EBADMSG;
 * -errno; with a message. */
int incoming_compare(const struct incoming *in, uint64_t pos, const void *data, size_t len,
		     struct err *err);

/**
 * incoming_check() - check the complete file: if size or digest are not as announced, it is removed
 *
 * Return: 0; -ESTALE when the digest is wrong and some of the content was an earlier run's;
 * -EBADMSG; -EIO; with a message.
 */
int incoming_check(struct incoming *in, struct err *err);

/** incoming_publish() - check and sync the file, and move it to blobs/.  Return: 0; as
 * incoming_check(); -errno; with a message. */
int incoming_publish(struct incoming *in, struct err *err);

/** incoming_tidy() - remove files that nobody waits for.  @older_sec: only those untouched for so
 * long.  Return: bytes freed. */
uint64_t incoming_tidy(struct store *st, int64_t older_sec);
