/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "link/conn.h"
#include "oci/runtime.h"

/** machine_send() - tell the guest the time, with fresh entropy: MACHINE.  Return: 0; -errno of
 * getrandom(2) and link_send(). */
int machine_send(struct link_conn *link);

/** container_send() - describe a container to the guest: CONTAINER.  @slot: of its disks.  Return:
 * 0; -ENOMEM; -errno of link_send(). */
int container_send(struct link_conn *link, uint16_t number, unsigned slot,
		   const struct oci_runtime *rt);

/** clock_send() - tell the guest the time: CLOCK.  @asked_nsec: the guest's clock in its question;
 * 0 where it did not ask.  Return: 0; -errno of link_send(). */
int clock_send(struct link_conn *link, uint64_t asked_nsec);
