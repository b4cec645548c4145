/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/hash.h"
#include "oci/descriptor.h"

/* Content-addressed files of a store: blobs/sha256/HEX, and blobs/sha512/HEX where others use such
 * digests. */

struct store;

/* A blob that comes in: a file below tmp/ that is hashed while it is written. */
struct blob_writer {
	struct store *st; /* borrowed */
	int fd;
	char name[32]; /* below tmp/; empty after blob_writer_publish() */
	struct hash *hash;
	enum hash_kind kind;
	uint64_t size_bytes;
	uint64_t max_bytes;
	struct digest digest; /* set by blob_writer_finish() */
};

#define BLOB_WRITER_INIT ((struct blob_writer){ .fd = -1 })

/** store_tmp_open() - make an empty file below tmp/, open for reading and writing.  @ret_name: 32
 * bytes.  Return: fd; -errno. */
int store_tmp_open(struct store *st, char ret_name[32]);

/**
 * blob_writer_open() - begin to write a blob
 * @kind:      kind of digest
 * @max_bytes: more is refused by blob_writer_add()
 *
 * Return: 0, to be ended with blob_writer_close(); -errno with a message.
 */
int blob_writer_open(struct store *st, enum hash_kind kind, uint64_t max_bytes,
		     struct blob_writer *ret, struct err *err);

/** blob_writer_add() - append data.  Return: 0; -EFBIG past the maximum; -ENOSPC; -errno; all with
 * a message. */
int blob_writer_add(struct blob_writer *w, const void *data, size_t len, struct err *err);

/** blob_writer_restart() - discard what was written.  Return: 0; -errno with a message. */
int blob_writer_restart(struct blob_writer *w, struct err *err);

/** blob_writer_finish() - compute the digest; nothing can be added afterwards.  Return: 0; -EIO
 * with a message. */
int blob_writer_finish(struct blob_writer *w, struct err *err);

/**
 * blob_writer_publish() - check and sync a blob, and give the file its name
 * @expected: the right digest and size; NULL: anything
 *
 * Return: 0; -EBADMSG where size or digest are not as expected; -errno; all with a message.
 */
int blob_writer_publish(struct blob_writer *w, const struct oci_descriptor *expected,
			struct err *err);

/** blob_writer_close() - free a writer; deletes the file unless it was published */
void blob_writer_close(struct blob_writer *w);

/** blob_exists() - is there a blob of this digest and size? */
bool blob_exists(const struct store *st, const struct digest *d, uint64_t size_bytes);

/** blob_open() - open a blob for reading.  Its type and size are checked again; its content was
 * hashed when it came in.  Return: fd; -EBADMSG; -errno. */
int blob_open(const struct store *st, const struct digest *d, uint64_t size_bytes);

/** blob_read() - read a whole JSON document and check its hash again; appended to @ret.  Return: 0;
 * -ENOENT; -EBADMSG; -errno; all with a message. */
int blob_read(const struct store *st, const struct digest *d, struct buf *ret, struct err *err);

struct work;

/** blob_put() - store and pin bytes in memory.  @ret: their sha256 digest.  Return: 0; -errno with
 * a message. */
int blob_put(struct work *w, const void *data, size_t len, struct digest *ret, struct err *err);

/** blob_put_as() - blob_put() of bytes whose digest is known, of any kind */
int blob_put_as(struct work *w, const struct digest *d, const void *data, size_t len,
		struct err *err);

/** blob_folder() - get the folder of blobs with this kind of digest.  Return: descriptor, borrowed;
 * -1 where there are none. */
int blob_folder(const struct store *st, const struct digest *d);

/** blob_folder_make() - blob_folder() that makes the folder if need be; to be called without the
 * store's lock.  Return: 0; -errno. */
int blob_folder_make(struct store *st, const struct digest *d, int *ret_fd);

static inline enum hash_kind digest_kind(const struct digest *d)
{
	return digest_is_sha512(d) ? HASH_SHA512 : HASH_SHA256;
}

/** digest_of() - compute the sha256 digest of bytes in memory.  Return: 0; -ENOMEM; -EIO. */
int digest_of(const void *data, size_t len, struct digest *ret);

/** digest_of_kind() - digest_of() with another kind of digest */
int digest_of_kind(enum hash_kind kind, const void *data, size_t len, struct digest *ret);
