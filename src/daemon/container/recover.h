/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/** containers_refuse_old() - at the start of moatd, before anything is changed: does a machine
 * still run whose shim this version cannot speak to?  @dir_fd: $ROOT/containers; borrowed.  Return:
 * 0; -EBUSY with a message that says what to do; -errno. */
int containers_refuse_old(int dir_fd, struct err *err);

/** containers_recover() - at the start of moatd: load the table, believe shims and exit.json,
 * remove leftovers.  Return: 0; -errno with a message. */
int containers_recover(struct containers *t, struct err *err);

/** containers_await_recovery() - until no thread recovers a container, whether containers_recover()
 * succeeded or not: before what they use is freed */
void containers_await_recovery(struct containers *t);
