/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "link/conn.h"
#include "oci/runtime.h"

#define SETUP_CONTAINER 1 /* the number of the one container a machine has */

/**
 * setup_send() - tell a guest the time, with fresh entropy, and what its container is like:
 * MACHINE and CONTAINER
 *
 * Return: 0; -errno of getrandom(2) and link_send().
 */
int setup_send(struct link_conn *link, const struct oci_runtime *rt);

/** clock_send() - tell a guest the time: CLOCK.  @asked_nsec: as the guest asked; 0 where it did
 * not.  Return: 0; -errno of link_send(). */
int clock_send(struct link_conn *link, uint64_t asked_nsec);
