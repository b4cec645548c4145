/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

/*
 * One epoll loop, one thread.  A source stays with the loop until it is freed with
 * source_free(); freeing a source inside any callback, its own included, is fine.
 * A callback returns 0, or a negative errno that ends loop_run().
 */
struct loop;
struct source;

typedef int (*loop_io_fn)(struct source *s, int fd, uint32_t events, void *arg);
typedef int (*loop_timer_fn)(struct source *s, void *arg);
typedef int (*loop_signal_fn)(struct source *s, int signo, void *arg);
/** @status: as waitpid(2) gives it */
typedef int (*loop_child_fn)(struct source *s, pid_t pid, int status, void *arg);

/** loop_new() - make a loop.  @ret: owned, loop_free().  Return: 0; -errno. */
int loop_new(struct loop **ret);

/** loop_free() - frees the sources that are left; NULL is accepted */
void loop_free(struct loop *l);

/**
 * loop_run() - dispatch until loop_quit() or an error
 *
 * Return: the value given to loop_quit(); a callback's negative errno.
 */
int loop_run(struct loop *l);

/** loop_quit() - let loop_run() return @result (0 or more) after this round */
void loop_quit(struct loop *l, int result);

/**
 * loop_add_io() - watch a descriptor
 * @fd:     borrowed; must stay open until the source is freed
 * @events: EPOLLIN, EPOLLOUT, … (level-triggered); 0 still reports EPOLLHUP and EPOLLERR
 * @ret:    the source, may be NULL: then it lives as long as the loop
 *
 * A file epoll cannot watch gives -EPERM.
 *
 * Return: 0; -errno.
 */
int loop_add_io(struct loop *l, int fd, uint32_t events, loop_io_fn fn, void *arg,
		struct source **ret);

/** source_set_events() - change what loop_add_io() watches.  Return: 0; -errno. */
int source_set_events(struct source *s, uint32_t events);

/** source_hand_over() - have another function called for what loop_add_io() watches.  Return: as
 * source_set_events(). */
int source_hand_over(struct source *s, uint32_t events, loop_io_fn fn, void *arg);

/**
 * loop_add_timer() - call once after @delay_usec (CLOCK_MONOTONIC)
 *
 * The source stays, disarmed, until freed; source_set_timer() arms it again.
 *
 * Return: 0; -errno.
 */
int loop_add_timer(struct loop *l, uint64_t delay_usec, loop_timer_fn fn, void *arg,
		   struct source **ret);

/** source_set_timer() - arm anew after @delay_usec; UINT64_MAX disarms.  Return: 0; -errno. */
int source_set_timer(struct source *s, uint64_t delay_usec);

/** loop_add_signal() - block a signal and get it here.  Return: 0; -errno. */
int loop_add_signal(struct loop *l, int signo, loop_signal_fn fn, void *arg, struct source **ret);

/**
 * loop_add_child() - wait for a child's end (pidfd); it is reaped before the call
 *
 * Called once; the source stays, idle, until freed.
 *
 * Return: 0; -errno.
 */
int loop_add_child(struct loop *l, pid_t pid, loop_child_fn fn, void *arg, struct source **ret);

/**
 * loop_add_pidfd() - wait for the end of any process
 * @pidfd: borrowed
 *
 * As loop_add_child(), but the callback gets 0 as the process's number, and -1 as its status where
 * it is not a child of ours.
 */
int loop_add_pidfd(struct loop *l, int pidfd, loop_child_fn fn, void *arg, struct source **ret);

/** source_free() - stop watching; NULL is accepted */
void source_free(struct source *s);
