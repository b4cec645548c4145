/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/container/container.h"

/* Texts of a container's events (docs/CONTROL.md); owned by the caller, NULL when out of memory. */

char *event_of_type(enum control_event_type type);
char *event_started(const struct container *c);
char *event_space(const struct container *c);
char *event_oom(const struct container *c);
char *event_exec_exited(const struct container *c, const char *target, int code);
/** event_detached() - a client has left by its keys.  @target: of an exec; "" for the container's
 * process */
char *event_detached(const struct container *c, const char *target);
char *event_exited(const struct container *c);
char *event_call(const struct container *c, const struct link_call *call);
/** event_removed() - the container is out of the machine.  @why: NULL where moat did not fail */
char *event_removed(const struct container *c, const struct err *why);
