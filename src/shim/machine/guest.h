/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "link/conn.h"

struct shim;

/* The guest at the other end of the link: from its HELLO to its DOWN. */
struct guest;

/** guest_new() - take over our end of the link and wait for the guest.  @fd: owned from success on.
 * Return: 0; -errno. */
int guest_new(struct shim *s, int fd, struct guest **ret);

/** guest_go_on() - the guest was restored, and said its HELLO before it was saved.  Return: 0;
 * -errno. */
int guest_go_on(struct guest *g);

/** guest_free() - NULL is accepted */
void guest_free(struct guest *g);

/** guest_link() - the link, for processes; borrowed */
struct link_conn *guest_link(struct guest *g);

/** guest_is_ready() - can processes be started? */
bool guest_is_ready(const struct guest *g);

/** guest_was_ready() - could they ever? */
bool guest_was_ready(const struct guest *g);

/** guest_tell_clock() - its clock may have stood still: let it ask for the time.  Return: 0;
 * -errno. */
int guest_tell_clock(struct guest *g);

/** guest_tell_space() - how much the writable layer may still grow by; UINT64_MAX: there is enough.
 * Return: 0; -errno. */
int guest_tell_space(struct guest *g, uint64_t bytes);

/** guest_shutdown() - let the guest clean its disks, and end the machine then, or when it takes too
 * long */
void guest_shutdown(struct guest *g);

/** guest_forget() - nothing it says matters any more */
void guest_forget(struct guest *g);

/** guest_kill() - kill the container's processes, then as guest_shutdown(); a guest where no
 * process runs, or that does not have them killed soon, is ended at once */
void guest_kill(struct guest *g);

/** guest_is_shutting_down() - is it to clean its disks, and has not said that it has? */
bool guest_is_shutting_down(const struct guest *g);

/** guest_has_ended() - has the link ended? */
bool guest_has_ended(const struct guest *g);
