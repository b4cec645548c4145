/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/container/process.h"

/* What passes between a process in the guest and the clients attached to it. */

/**
 * process_attach() - attach a client
 * @fd: owned from success on
 *
 * Return: 0; -EUSERS where as many are attached as may be; -errno; -ENOMEM.
 */
int process_attach(struct process *p, int fd, const struct client_options *options);

/** process_output() - output from the guest.  Return: 0; -EBADMSG where there can be none. */
int process_output(struct process *p, enum link_channel channel, const void *data, size_t len);

/** process_output_end() - the guest's EOF.  Return: 0; -EBADMSG where there can be none. */
int process_output_end(struct process *p, enum link_channel channel);

/** process_input_ready() - the guest has room for input */
void process_input_ready(struct process *p);

/** process_busy() - are there clients that have yet to take output? */
bool process_busy(const struct process *p);

/** process_close_input() - close the process's stdin if that is asked for, and possible now */
void process_close_input(struct process *p);

/** process_finish_clients() - no more output comes: clients take what is left; @p may be freed */
void process_finish_clients(struct process *p);
