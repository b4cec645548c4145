/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/container/container.h"

/* The containers of the machine, which the host names and removes. */

/** table_make_vacant() - prepare a container for the host to name.  Return: 0; -errno with a
 * message. */
int table_make_vacant(struct machine *m, struct err *err);

/**
 * table_add() - CONTAINER: set a container up, and answer READY or FAILED
 * @number: not in use
 *
 * Return: 0, also when that failed; -errno when the message makes no sense, or no answer can be
 * sent.
 */
int table_add(struct machine *m, uint16_t number, struct wire_view payload);

/** table_drop() - the end of REMOVE, when no process is left: forget a container, and answer
 * REMOVED or FAILED */
void table_drop(struct container *c);

/** table_send_failed() - send FAILED.  @number: of the container that failed; 0: the machine.
 * Return: 0; -errno. */
int table_send_failed(struct machine *m, uint16_t number, const struct err *err);
