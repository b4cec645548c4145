/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * Unix sockets by folder descriptor and name (so that the 108 bytes of
 * sun_path never limit how deep a data root may lie), and messages with
 * descriptors.
 */

/**
 * unix_listen_at() - bind and listen, replacing a socket of that name that is there
 * @type:   SOCK_STREAM or SOCK_SEQPACKET; always made close-on-exec
 * @mode:   permissions of the socket's file
 * @ret_fd: owned by the caller
 *
 * Return: 0; -errno.
 */
int unix_listen_at(int dir_fd, const char *name, int type, mode_t mode, int *ret_fd);

/** unix_connect_at() - connect.  Return: 0; -ENOENT or -ECONNREFUSED when nobody listens;
 * -errno. */
int unix_connect_at(int dir_fd, const char *name, int type, int *ret_fd);

/** unix_connect_busy() - connect to a packet socket of a process that may be stopped: it does not
 * accept then, and its queue of connections fills up.  Return: as unix_connect_at(); -EAGAIN where
 * the queue is full. */
int unix_connect_busy(int dir_fd, const char *name, int *ret_fd);

/** unix_connect() - connect to a path (at most 107 bytes when absolute).  Return: as
 * unix_connect_at(). */
int unix_connect(const char *path, int type, int *ret_fd);

/** unix_listen_on() - be the process whom those that connect from now on have as their peer, at a
 * socket that another one has made.  Return: 0; -errno. */
int unix_listen_on(int fd);

/** unix_peer_uid() - user id of the process that connected (SO_PEERCRED).  Return: 0; -errno. */
int unix_peer_uid(int fd, uid_t *ret);

/** unix_peer_pid() - the process that connected, or that listens (SO_PEERCRED); 0 where it is in no
 * process namespace of this one's.  Return: 0; -errno. */
int unix_peer_pid(int fd, pid_t *ret);

/**
 * unix_send() - send one message, optionally with one descriptor
 * @send_fd: borrowed; -1 for none
 *
 * Return: 0; -errno; -EIO when the message did not go as a whole.
 */
int unix_send(int fd, const void *data, size_t len, int send_fd);

#define UNIX_FDS_MAX 32

/** unix_send_fds() - as unix_send(), with @n_fds descriptors, at most UNIX_FDS_MAX.  Return: also
 * -EINVAL. */
int unix_send_fds(int fd, const void *data, size_t len, const int *fds, size_t n_fds);

/**
 * unix_recv() - receive one message of a SOCK_SEQPACKET socket
 * @ret_fd: the descriptor that came along, close-on-exec, owned by the caller; -1 for none
 *
 * Return: bytes, 0 at the end; -EMSGSIZE when the message was longer than @len; -errno.
 */
ssize_t unix_recv(int fd, void *data, size_t len, int *ret_fd);

/** unix_recv_fds() - as unix_recv(), with up to @n_fds descriptors, at most UNIX_FDS_MAX; -1 in the
 * place of each that did not come.  Return: also -EINVAL. */
ssize_t unix_recv_fds(int fd, void *data, size_t len, int *ret_fds, size_t n_fds);
