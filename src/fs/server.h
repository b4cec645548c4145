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

struct call;
struct watcher;
struct dirs;

struct share_root {
	struct node *node;
	bool writable;
};

/* The server of one port, until that ends. */
struct server {
	int port;     /* owned */
	int ended_fd; /* borrowed; an eventfd, written to when no more comes from the port */
	int self_fd;  /* /proc/self/fd; borrowed */
	struct share_root shares[FS_SHARES_MAX];
	size_t n_shares;
	struct nodes nodes;
	struct files files;
	struct locks locks;
	struct devices devices;
	struct watcher *watcher; /* NULL: the guest is not told of changes */
	struct dirs *dirs;
	struct stream in;
	pthread_mutex_t reading; /* held by the worker that waits for a request; guards @in */
	pthread_mutex_t writing; /* held while writing to the port */
	pthread_t workers[WORKERS_MAX];
	size_t n_workers;	      /* guarded by @reading, once there are two */
	atomic_uint n_waiting;	      /* workers that wait for @reading */
	atomic_uint_fast64_t changes; /* count of changes by others that were heard of */
	atomic_bool ended;
	bool started;		/* INIT was answered */
	bool xattr_ext;		/* the guest's SETXATTR has its long form */
	bool expires;		/* the guest's kernel can let a name expire */
	bool opens_unasked;	/* the guest's kernel can do this (link/shares.h) */
	bool twins;		/* there are both read-only and writable shares */
	bool bounded;		/* as in the options */
	_Atomic uint32_t waker; /* the guest's thread named by SHARES_BEGIN; 0: none */
};

struct server_options {
	int port;     /* taken over from success on */
	int ended_fd; /* borrowed, as are the others */
	int self_fd;
	const struct fs_share *shares;
	size_t n_shares;
	bool bounded; /* not the host's root: some files are closed to it */
};

/** server_new() - begin to serve a port.  @ret: server_free().  Return: 0; -errno with a message.
 */
int server_new(const struct server_options *o, struct server **ret, struct err *err);

/** server_free() - end the port, and wait for requests under way; NULL is accepted */
void server_free(struct server *s);

/** server_enter_thread() - to be called in each thread that works for the server.  Return: 0;
 * -errno. */
int server_enter_thread(struct server *s);

/** server_send() - send a message to the guest.  @iov: changed */
void server_send(struct server *s, struct iovec *iov, int n);

/** call_may_wait() - let another worker read the next request, as this one may take long from here
 */
void call_may_wait(struct call *c);

/** call_answer() - reply to a request, now or later, from any thread.  @result: 0 or -errno */
void call_answer(struct server *s, uint64_t unique, int result, const void *payload, size_t len);
