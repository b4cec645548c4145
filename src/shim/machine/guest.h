/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "link/conn.h"
#include "link/connect.h"
#include "link/setup.h"
#include "oci/runtime.h"

/*
 * The guest at the other end of the link.  Only guest.c reads from the link: it finds out what a
 * message is about, and the handlers decide what follows.
 */
struct guest;

/* Hears what a guest says of its machine.  Called from the loop alone. */
struct guest_machine_handler {
	/** hello() - the guest is up, and takes containers */
	void (*hello)(void *arg);
	/** down() - after guest_shutdown(): the disks are clean */
	void (*down)(void *arg);
	/** failed() - what the guest says makes any further use of it impossible */
	void (*failed)(void *arg, const struct err *err);
	/** ended() - nothing comes from the guest any more; where failed() was the reason, after it
	 */
	void (*ended)(void *arg);
	/** clock() - the guest asked for the time, as it does every half a minute; may be NULL */
	void (*clock)(void *arg);
};

/*
 * Hears what a guest says of containers, by their numbers, and of their processes, by streams.
 * Each returns 0, or -EBADMSG where this must not come now; a negative errno breaks the link.
 */
struct guest_container_handler {
	int (*ready)(void *arg, uint16_t number);
	int (*failed)(void *arg, uint16_t number, const struct err *err);
	int (*removed)(void *arg, uint16_t number);
	int (*oom)(void *arg, uint16_t number);
	/** answer() - to LINK_STATS, LINK_PROCS, LINK_LIMITS, LINK_NETWORK */
	int (*answer)(void *arg, uint16_t number, enum link_type type, struct wire_view payload);
	/** call() - a process in the container connected to a socket that the host serves */
	int (*call)(void *arg, uint16_t number, const struct link_call *call);
	int (*started)(void *arg, uint32_t stream);
	int (*not_started)(void *arg, uint32_t stream, const struct err *err);
	int (*exited)(void *arg, uint32_t stream, const struct link_exited *e);
	int (*output)(void *arg, uint32_t stream, enum link_channel channel, const void *data,
		      size_t len);
	int (*output_end)(void *arg, uint32_t stream, enum link_channel channel);
	/** writable() - the link has room for input */
	void (*writable)(void *arg, uint32_t stream);
};

struct guest_handlers {
	const struct guest_machine_handler *machine;
	void *machine_arg;
	const struct guest_container_handler *container; /* NULL: there are none */
	void *container_arg;
};

/** guest_new() - take over our end of the link and wait for the guest.  @fd: owned from success on.
 * Return: 0; -errno. */
int guest_new(struct loop *loop, int fd, const struct guest_handlers *handlers, struct guest **ret);

/** guest_free() - NULL is accepted */
void guest_free(struct guest *g);

/** guest_greet() - tell the guest the time, with fresh entropy: after its HELLO, and after it stood
 * still.  A guest that was restored said HELLO before it was saved.  Return: 0; -errno. */
int guest_greet(struct guest *g);

/** guest_is_up() - was the guest greeted, and can it be talked to? */
bool guest_is_up(const struct guest *g);

/** guest_is_closing() - was the guest told to shut down, and has not said DOWN? */
bool guest_is_closing(const struct guest *g);

/** guest_has_ended() - has the link ended? */
bool guest_has_ended(const struct guest *g);

/** guest_is_forgotten() - was guest_forget() called? */
bool guest_is_forgotten(const struct guest *g);

/** guest_link() - the link, for processes and questions; borrowed */
struct link_conn *guest_link(struct guest *g);

/** guest_tell_clock() - have the guest ask for the time, as its clock may have stood still.
 * Return: 0; -errno. */
int guest_tell_clock(struct guest *g);

/** guest_add() - tell the guest of a container: CONTAINER.  @slot: of its disks.  Return: 0;
 * -errno. */
int guest_add(struct guest *g, uint16_t number, unsigned slot, const struct oci_runtime *rt);

/** guest_remove() - have the guest take a container away: REMOVE.  Return: 0; -errno. */
int guest_remove(struct guest *g, uint16_t number);

/** guest_reclaim() - have the guest drop what it has cached of files: RECLAIM.  Return: 0; -errno.
 */
int guest_reclaim(struct guest *g);

/** guest_shutdown() - have the guest kill what is left and clean its disks, once: SHUTDOWN.
 * Return: 0; -errno. */
int guest_shutdown(struct guest *g);

/** guest_forget() - drop what the guest says from now on; its end still counts */
void guest_forget(struct guest *g);
