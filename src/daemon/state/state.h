/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/random.h"
#include "oci/reference.h"

/*
 * moatd's database in SQLite: one row per container.  Every function is one transaction, on the
 * disk when it returns, and but for state_each() may be called from any thread.
 */
struct state;

enum record_state { RECORD_CREATED, RECORD_RUNNING, RECORD_EXITED };

/* The part of a row that is kept in memory, too. */
struct record {
	char id[ID_LEN + 1];
	char *name;
	int64_t created_nsec;
	char *image;		/* as the user named it */
	struct digest manifest; /* of the image: names the EROFS file */
	struct digest config;	/* docker's image id */
	enum record_state state;
	int exit_code;
	bool oom;
	char *error;	       /* never NULL; "" when all went well */
	int64_t started_nsec;  /* 0: never */
	int64_t finished_nsec; /* 0: never */
	pid_t pid;	       /* of the engine; 0 when not running */
	int restart_count;     /* since somebody started it */
	bool stopped;	       /* somebody stopped it, and nobody has started it since */
};

/* The part of a row that is not kept in memory: JSON texts, fixed when the container is made. */
struct texts {
	char *config;	   /* docker's Config */
	char *host_config; /* docker's HostConfig */
	char *spec;	   /* config.json */
	char *mounts;	   /* its mount points; NULL: none */
};

/** record_dup() - copy a record.  @ret: owned, record_reset().  Return: 0; -ENOMEM. */
int record_dup(const struct record *rec, struct record *ret);

/** record_reset(), texts_reset() - free what they hold */
void record_reset(struct record *rec);
void texts_reset(struct texts *t);

/**
 * state_open() - open or create state.db below the data root
 * @ret: owned, state_close()
 *
 * Return: 0; -EPROTO with a message when a newer moat wrote it; -EIO or -errno with a message.
 */
int state_open(const char *root, struct state **ret, struct err *err);
void state_close(struct state *st);

/** state_insert() - add a container.  Return: 0; -EEXIST when the name is taken; -ENOSPC, -EIO with
 * a message. */
int state_insert(struct state *st, const struct record *rec, const struct texts *texts,
		 struct err *err);

/** state_update() - write a container's record.  Return: 0; -EEXIST when the name is taken;
 * -ENOSPC, -EIO with a message. */
int state_update(struct state *st, const struct record *rec, struct err *err);

/** state_set_texts() - replace HostConfig and config.json.  Return: 0; -ENOSPC, -EIO with a
 * message. */
int state_set_texts(struct state *st, const char *id, const struct texts *texts, struct err *err);

/**
 * state_delete() - forget a container; an unknown one is no error
 * @with_volumes: its anonymous volumes are to be removed, too, even if a crash comes before that
 *                (volume.h)
 *
 * Return: 0; -ENOSPC, -EIO with a message.
 */
int state_delete(struct state *st, const char *id, bool with_volumes, struct err *err);

/** state_texts() - read a container's texts.  @ret: owned, texts_reset().  Return: 0; -ENOENT; -EIO
 * with a message. */
int state_texts(struct state *st, const char *id, struct texts *ret, struct err *err);

/**
 * state_each() - call @fn for every container, oldest first; before other threads use @st
 * @fn: may move what @rec and @texts hold; a negative errno ends the walk
 *
 * Return: 0; what @fn returned; -EIO with a message.
 */
int state_each(struct state *st, int (*fn)(struct record *rec, struct texts *texts, void *arg),
	       void *arg, struct err *err);
