/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "engine/qemu/qmp.h"

/**
 * qemu_restore() - let a QEMU that was started to be restored read its state and run
 * @state_fd: as numbered in its process
 *
 * Does not wait: a QEMU that cannot use the state ends.
 *
 * Return: 0; as qmp_send_ahead().
 */
int qemu_restore(struct qmp *q, int state_fd, uint64_t deadline_usec, struct err *err);

/**
 * qemu_snapshot() - write the state of the running machine, without its memory
 * @state_fd: borrowed
 *
 * Return: 0, the machine is stopped; -EIO with QEMU's reason; as qmp_call().
 */
int qemu_snapshot(struct qmp *q, int state_fd, uint64_t deadline_usec, struct err *err);
