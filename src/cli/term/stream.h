/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/detach.h"
#include "cli/term/control.h"

/* After this many of SIGINT and SIGTERM the program ends, whatever the process does. */
#define STREAM_PATIENCE 3

/* An attached container or exec: its streams, and events meanwhile. */
struct stream {
	int fd;			 /* the attached stream; borrowed */
	const struct buf *early; /* bytes of it that came before */
	bool tty;		 /* raw bytes and detach keys; else framed output */
	bool send_stdin;
	struct detach_keys keys; /* with a tty; none given: ctrl-p,ctrl-q */
	bool proxy_signals;	 /* signals go to the process, with STREAM_PATIENCE; else they end
				    the pumping */
	struct control control;
	struct api *wait; /* a request whose answer is awaited, too; NULL for none */
};

enum stream_end {
	STREAM_ENDED,	 /* all output was written; the wait was answered or its connection lost */
	STREAM_DETACHED, /* by the detach keys */
	STREAM_SIGNALLED,
	STREAM_LEFT, /* the process was asked to end STREAM_PATIENCE times, and goes on */
};

struct stream_result {
	enum stream_end end;
	int signo;	/* STREAM_SIGNALLED */
	bool wait_done; /* the answer is there for api_finish() */
};

/**
 * stream_run() - pump standard input and output until the end
 *
 * With a tty the terminal is raw meanwhile and restored before the return.
 *
 * Return: 0; the error of the start; -EPIPE when nobody reads standard output any more; negative
 * errno with a message.
 */
int stream_run(struct stream *s, struct stream_result *ret, struct err *err);
