/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "link/conn.h"
#include "oci/runtime.h"

/**
 * setup_send() - tell a guest what its container is like: OPTIONS where it has any, and SETUP,
 * with this moment's clock and fresh entropy
 *
 * Return: 0; -errno of getrandom(2) and link_send().
 */
int setup_send(struct link_conn *link, const struct oci_runtime *rt);

/** clock_send() - tell a guest the time: CLOCK.  @asked_nsec: as the guest asked; 0 where it did
 * not.  Return: 0; -errno of link_send(). */
int clock_send(struct link_conn *link, uint64_t asked_nsec);
