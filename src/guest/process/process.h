/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/machine/machine.h"
#include "link/conn.h"
#include "link/files.h"
#include "oci/process.h"

/*
 * The container's processes that moat-init started: their input and output, their end, and
 * what is said of it over the link.  One list for the machine.
 */
struct process;

struct process_list {
	struct loop *loop;
	struct link_conn *link;
	struct machine *machine;
	struct process *first;
	bool is_ending;
	void (*empty)(void *arg); /* the last one is gone */
	void *arg;
};

/**
 * process_start() - start a process and send STARTED or FAILED, and later EXITED, on its stream
 * @stream: not in use
 *
 * Return: 0, also when the process failed; -errno when not even that could be said.
 */
int process_start(struct process_list *l, uint32_t stream, const struct oci_process *p);

/** process_start_files() - as process_start(), for work on the container's files */
int process_start_files(struct process_list *l, uint32_t stream, const struct link_files *f);

/** process_input() - bytes for its standard input; none for a stream that is over.  Return: 0;
 * -errno. */
int process_input(struct process_list *l, uint32_t stream, const void *data, size_t len);

/** process_input_end() - its standard input ends here */
void process_input_end(struct process_list *l, uint32_t stream);

/** process_output_ready() - a channel of it got credit.  Return: 0; -errno. */
int process_output_ready(struct process_list *l, uint32_t stream, enum link_channel channel);

/** process_tell_oom() - send OOM if processes were killed for want of memory since the last one.
 * Return: 0; -errno. */
int process_tell_oom(struct process_list *l);

/** process_signal() - kill(2), if it has not ended */
void process_signal(struct process_list *l, uint32_t stream, int signo);

/** process_resize() - set the size of its terminal, if it has one */
void process_resize(struct process_list *l, uint32_t stream, uint16_t rows, uint16_t cols);

/**
 * process_end_all() - kill the container and drop what output is left
 *
 * EXITED is still sent for each process; empty() is called after the last, in here if there is
 * none to wait for but not if there was none at all.
 */
void process_end_all(struct process_list *l);
