/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/container/containers.h"

/** containers_freeze() - have the processes of all that run stand still, or go on.  Return: 0;
 * -errno. */
int containers_freeze(struct containers *all, bool on);

/** containers_are_freezing(), containers_have_work() - has any not answered containers_freeze()
 * yet; is there work on the files of any? */
bool containers_are_freezing(const struct containers *all);
bool containers_have_work(const struct containers *all);
