/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "image/image.h"

/* Inside of the image store; moatd sees image.h. */

/*
 * One image of the table.  Never changed while it is shared: a change is made to a copy, saved,
 * and swapped in (table.c), so that what is in memory is always what is on disk.
 */
struct record {
	unsigned refs;
	struct image im;
	char *media_type; /* of the manifest */
	uint64_t manifest_bytes;
	struct digest *blobs; /* manifest, config, layers */
	size_t n_blobs;
};

struct table {
	struct record **records;
	size_t n;
};

struct store {
	char *path;
	char *unpack_path;
	uint64_t rootfs_bytes; /* the least length of an image's file */
	int dir_fd;	       /* also locked with flock(2) */
	int blobs_fd, rootfs_fd, tmp_fd;
	uint64_t tmp_counter;
	pthread_mutex_t lock; /* guards what follows, and index.json */
	pthread_cond_t released;
	struct table table;
	struct claim *claims;
	struct work *works;
};

static inline void store_unlock(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}

static inline pthread_mutex_t *store_lock(struct store *st)
{
	pthread_mutex_lock(&st->lock);
	return &st->lock;
}

/* Holds the store's lock to the end of the scope. */
#define LOCK_STORE(st)                                                                             \
	cleanup(store_unlock) __attribute__((unused)) pthread_mutex_t *store_locked_ =             \
		store_lock(st)

/** record_load() - read an image from its blobs.  @ret: owned, one reference.  Return: 0; -ENOENT;
 * -EBADMSG; -errno; with a message. */
int record_load(const struct store *st, const struct oci_descriptor *manifest, struct record **ret,
		struct err *err);
void record_unref(struct record *rec);

/** record_copy() - a copy that may be changed, one reference; NULL when out of memory */
struct record *record_copy(const struct record *rec);

/** image_copy() - a deep copy.  Return: owned; NULL when out of memory. */
struct image *image_copy(const struct image *im);

/** table_copy() - another table of the same records; table_reset().  Return: 0; -ENOMEM. */
int table_copy(const struct table *from, struct table *ret);
void table_reset(struct table *t);

/** table_find() - index of the record of a manifest.  Return: index; -ENOENT. */
ssize_t table_find(const struct table *t, const struct digest *manifest);

/** table_edit() - a record that may be changed, its own copy where it is shared; borrowed; NULL
 * when out of memory */
struct record *table_edit(struct table *t, size_t i);

/** table_add() - append; takes over the reference.  Return: 0; -ENOMEM, with the reference dropped.
 */
int table_add(struct table *t, struct record *rec);

/** table_drop() - remove a record */
void table_drop(struct table *t, size_t i);

/** table_move_tag() - take @tag (a full reference) from whatever has it and give it to record @i.
 * Return: 0; -ENOMEM. */
int table_move_tag(struct table *t, size_t i, const char *tag);

/** table_load() - read index.json; a store without one is empty.  Entries without content are left
 * out.  Return: 0; -errno with a message. */
int table_load(const struct store *st, struct table *ret, struct err *err);

/** table_commit() - write index.json, then make @t the store's table (@t is empty after).  Lock
 * held.  Return: 0; -errno with a message, nothing changed. */
int table_commit(struct store *st, struct table *t, struct err *err);

/* What a name given by a user means. */
struct match {
	size_t i;   /* record in the table */
	bool by_id; /* else @name is what matched */
	char *name; /* full tag or repository digest; owned */
};

/** table_lookup() - as store_find().  @ret: match_reset() on success.  Return: as store_find(). */
int table_lookup(const struct table *t, const char *name, struct match *ret, struct err *err);
void match_reset(struct match *m);

/*
 * Claims: one thread at a time fetches a blob or flattens an image, the others wait and then find
 * it done.
 */
struct claim {
	const char *key; /* borrowed */
	struct claim *next;
};

/** claim_take() - wait until nobody else has @key.  Return: 0; -ECANCELED. */
int claim_take(struct store *st, struct claim *c, const char *key, const struct progress *p);
void claim_release(struct store *st, struct claim *c);

/*
 * Work under way: what it has pinned is not garbage, although no image refers to it yet.
 */
struct work {
	struct store *st;
	struct digest *pins;
	size_t n_pins;
	struct work *next;
};

void work_begin(struct work *w, struct store *st);
/** work_pin() - keep blobs, and the EROFS file of a manifest, of this digest until work_end().
 * Return: 0; -ENOMEM. */
int work_pin(struct work *w, const struct digest *d);
/** work_pin_locked() - as work_pin(), with the store's lock held */
int work_pin_locked(struct work *w, const struct digest *d);
void work_end(struct work *w);

/** store_collect() - delete blobs and EROFS files that no image and no work refers to.  Lock held.
 */
void store_collect(struct store *st);

/** rootfs_name() - "HEX.erofs", 80 bytes */
void rootfs_name(const struct digest *manifest, char ret[80]);

/* Where the content of an image comes from that is not in the store yet. */
struct source {
	/* Store and pin one blob.  Return: 0; -errno with a message. */
	int (*blob)(void *arg, const struct oci_descriptor *d, struct err *err);
	/* Store and pin all layers. */
	int (*layers)(void *arg, const struct oci_manifest *m, struct err *err);
	void *arg;
};

/* An image to be made visible; everything is borrowed. */
struct install {
	const struct oci_descriptor *manifest;
	const struct platform *platform; /* what it must be for */
	const struct source *source;	 /* NULL: everything is stored and pinned */
	const struct digest *index;	 /* digest the registry knows it by; NULL: none */
	const char *repo_digest;	 /* "docker.io/library/x@sha256:…"; NULL: none */
	char *const *tags;		 /* full references; NULL: none */
	const struct progress *progress;
};

/**
 * store_install() - read and check a manifest and its config, get the layers, flatten, make visible
 * @ret: the image, owned
 *
 * Return: 0; -ENOENT for another platform; -EBADMSG; -EOPNOTSUPP for a layer that cannot be read;
 * -ECANCELED; as flatten(); as the source; -errno; all with a message.
 */
int store_install(struct work *w, const struct install *in, struct image **ret, struct err *err);

/** store_put_config() - pin and store a config of our own.  @ret: oci_descriptor_reset().  Return:
 * 0; -errno with a message. */
int store_put_config(struct work *w, const char *text, struct oci_descriptor *ret, struct err *err);

/** store_put_manifest() - pin and store a manifest of our own.  @ret: oci_descriptor_reset().
 * Return: 0; -errno with a message. */
int store_put_manifest(struct work *w, struct oci_manifest *m, struct oci_descriptor *ret,
		       struct err *err);

/** short_id() - the 12 digits of a digest that people see.  @ret: 13 bytes. */
void short_id(const struct digest *d, char ret[13]);

/** progress_report() - @p may be NULL */
void progress_report(const struct progress *p, const char *id, const char *status,
		     uint64_t current_bytes, uint64_t total_bytes);

/** progress_cancelled() - @p may be NULL */
bool progress_cancelled(const struct progress *p);

DEFINE_CLEANUP(struct image, image_free)
DEFINE_CLEANUP(struct record, record_unref)
#define cleanup_image  cleanup(image_free_cleanup_fn)
#define cleanup_record cleanup(record_unref_cleanup_fn)
