/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/container/container.h"
#include "link/conn.h"
#include "link/files.h"
#include "oci/process.h"

/*
 * Processes that moat-init starts for containers: their input and output, their end, and the
 * messages about them.
 */

/**
 * process_start() - start a process and send STARTED or FAILED, and later EXITED, on its stream
 * @stream: not in use
 *
 * Return: 0, also when the process failed; -errno when not even that could be said.
 */
int process_start(struct container *c, uint32_t stream, const struct oci_process *p);

/** process_start_files() - as process_start(), for work on the container's files */
int process_start_files(struct container *c, uint32_t stream, const struct link_files *f);

/** process_input() - pass bytes to a process's standard input; dropped where the stream is over.
 * Return: 0; -errno. */
int process_input(const struct machine *m, uint32_t stream, const void *data, size_t len);

/** process_input_end() - end a process's standard input */
void process_input_end(const struct machine *m, uint32_t stream);

/** process_output_ready() - the host has granted credit for a channel.  Return: 0; -errno. */
int process_output_ready(const struct machine *m, uint32_t stream, enum link_channel channel);

/** process_signal() - kill(2) for a process that has not ended */
void process_signal(const struct machine *m, uint32_t stream, int signo);

/** process_resize() - set the size of a process's terminal, if it has one */
void process_resize(const struct machine *m, uint32_t stream, uint16_t rows, uint16_t cols);

/**
 * process_end_all() - kill a container's processes, and drop output that is left
 *
 * EXITED is still sent for each process.  The machine's idle() is called after the last, or in here
 * where none has to be waited for; not where there was no process at all.
 */
void process_end_all(struct container *c);
