/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "fs/device.h"
#include "fs/file.h"
#include "fs/launch.h"
#include "fs/lock.h"
#include "fs/node.h"
#include "fs/stream.h"

#define WORKERS_MAX 16u

struct watcher;
struct dirs;

struct share_root {
	struct node *node;
	bool writable;
};

/* What serves one port, until it ends. */
struct server {
	int port;     /* owned */
	int ended_fd; /* borrowed; an eventfd that is told when nothing more comes from the port */
	int self_fd;  /* /proc/self/fd; borrowed */
	struct share_root shares[FS_SHARES_MAX];
	size_t n_shares;
	struct nodes nodes;
	struct files files;
	struct locks locks;
	struct devices devices;
	struct watcher *watcher; /* NULL: nobody tells of changes */
	struct dirs *dirs;
	struct stream in;
	pthread_mutex_t reading; /* of @in; the one worker that waits for a request has it */
	pthread_mutex_t writing; /* to the port */
	pthread_t workers[WORKERS_MAX];
	size_t n_workers;	      /* with @reading, or before there is a second one */
	atomic_uint n_waiting;	      /* workers for @reading */
	atomic_uint_fast64_t changes; /* that others made and that were heard of */
	atomic_bool ended;
	bool started;	/* INIT was answered */
	bool xattr_ext; /* the guest's SETXATTR has its long form */
	bool expires; /* the guest's kernel can let a name expire, without giving up what it was */
	bool twins;   /* there are read-only and writable shares */
	bool bounded; /* as in the options */
	_Atomic uint32_t waker;	   /* the guest's thread of SHARES_BEGIN; 0: none */
	atomic_bool opens_unasked; /* the guest's kernel can, as SHARES_BEGIN says */
};

struct server_options {
	int port;     /* taken over from success on */
	int ended_fd; /* borrowed, and so the others */
	int self_fd;
	const struct fs_share *shares;
	size_t n_shares;
	bool bounded; /* not root of the host's: some files are for others alone */
};

/** server_new() - begin to serve.  @ret: server_free().  Return: 0; -errno with a message. */
int server_new(const struct server_options *o, struct server **ret, struct err *err);

/** server_free() - end the port, and wait for what is under way; NULL is accepted */
void server_free(struct server *s);

/** server_enter_thread() - in each thread that works for it.  Return: 0; -errno. */
int server_enter_thread(struct server *s);

/** server_send() - a message for the guest.  @iov: changed */
void server_send(struct server *s, struct iovec *iov, int n);

/** server_end() - nothing more is read from the port; the guest finds nobody there */
void server_end(struct server *s);
