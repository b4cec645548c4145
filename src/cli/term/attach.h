/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/cli.h"
#include "cli/trace.h"

struct attach_config {
	const char *id;	       /* container, borrowed */
	const char *condition; /* of the wait: "removed", "next-exit", "not-running" */
	bool start;	       /* start the container once attached */
	bool send_stdin;
	bool want_output; /* false: standard output and error stay unattached */
	bool tty;
	bool proxy_signals;
	struct trace_own *trace; /* print when each step was done; NULL: no */
};

/**
 * attach_run() - attach to a container, optionally start it, and stay until it ends
 * @ret_status: exit status for moat: the workload's; 125, 126 or 127 when the start failed, with
 * the error printed; 0 after detaching; 1 for one left by STREAM_PATIENCE signals
 *
 * Return: 0; negative errno with a message for moat's own failures.
 */
int attach_run(struct cli *c, const struct attach_config *cfg, int *ret_status, struct err *err);

/** attach_check_terminal() - with a tty, is standard input one?  Return: 0; -ENOTTY with a
 * message. */
int attach_check_terminal(bool tty, bool send_stdin, struct err *err);

/** start_error_status() - docker's exit status for a process that could not be started: 125, 126 or
 * 127.  @result, @err: of the request */
int start_error_status(int result, const struct err *err);
