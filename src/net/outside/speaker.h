/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "loop/loop.h"
#include "net/common/wire.h"

/*
 * A program that speaks for moat's namespace with sockets of the host's, as the user it runs as:
 * slirp4netns or pasta.  It ends when this process does.
 */
struct speaker;

enum speaker_event { SPEAKER_READY, SPEAKER_ENDED };

/** After SPEAKER_ENDED nothing more is told; speaker_free() may be called from here then. */
typedef void (*speaker_fn)(enum speaker_event event, void *arg);

/* Kinds of descriptors it gets: /dev/null, the log, one whose end tells it to end, one to say that
 * it is ready, the namespace. */
enum speaker_fd {
	SPEAKER_FD_NULL,
	SPEAKER_FD_LOG,
	SPEAKER_FD_EXIT,
	SPEAKER_FD_READY,
	SPEAKER_FD_NAMESPACE,
	SPEAKER_FD_KINDS
};

#define SPEAKER_FDS_MAX 6

struct speaker_setup {
	struct loop *loop;
	const struct speaker_kind *kind;
	const char *path;		/* of the program */
	int namespace_fd;		/* the network namespace it makes its interface in */
	int user_fd;			/* the user namespace that @namespace_fd belongs to */
	const char *device, *cidr;	/* the interface's name; the program's network, of IPv4 */
	const struct wire_place *place; /* @own, @host and @mtu are read */
	speaker_fn fn;
	void *arg;
};

struct speaker_kind {
	const char *program;
	bool follows; /* does it follow changes of the host's addresses and routes? */
	/* its descriptors, from 0 on */
	enum speaker_fd fds[SPEAKER_FDS_MAX];
	int n_fds;
	/** Writes the arguments.  Return: 0, @ret owned; -ENOMEM. */
	int (*arguments)(const struct speaker_setup *setup, char ***ret);
};

#define SPEAKER_KINDS 2u

/* In the order in which they are tried. */
extern const struct speaker_kind speaker_kinds[SPEAKER_KINDS];

/**
 * speaker_start() - start a program
 * @setup: borrowed for the call, with all it points to; the loop for longer
 *
 * Return: 0, @ret owned; -errno, and no process.
 */
int speaker_start(const struct speaker_setup *setup, struct speaker **ret);

/** speaker_free() - end the program.  @s: NULL is accepted */
void speaker_free(struct speaker *s);
