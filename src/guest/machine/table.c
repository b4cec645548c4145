/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/machine/table.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "link/conn.h"

#define FREED_BYTES MIB(4) /* a small container has freed less at its end */

int table_send_failed(struct machine *m, uint16_t number, const struct err *err)
{
	struct link_header h = { .type = LINK_FAILED, .container = number };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = link_failed_put(&b, err);

	return r < 0 ? r : link_send(m->link, h, b.data, b.len);
}

int table_make_vacant(struct machine *m, struct err *err)
{
	struct container *c;
	int r = container_new(m, &c, err);

	if (r < 0)
		return r;
	r = container_prepare(c, err);
	if (r < 0) {
		container_release(c, NULL);
		container_free(c);
		return r;
	}
	m->vacant = c;
	return 0;
}

/* Two containers on one disk would ruin its file system. */
static bool is_slot_taken(const struct machine *m, unsigned slot)
{
	for (const struct container *c = m->containers; c; c = c->next)
		if (c->spec.slot == slot)
			return true;
	return false;
}

/* Parses CONTAINER.  @spec, @options: reset by the caller, also after a failure. */
static int read_wishes(struct wire_view payload, struct link_container *spec,
		       struct oci_options *options, bool *ret_has_options)
{
	int r = link_container_get(payload, spec);

	if (r < 0)
		return r;
	*ret_has_options = spec->options.len > 0;
	if (*ret_has_options)
		r = oci_options_get(spec->options, options);
	spec->options = (struct wire_view){ 0 };
	return r;
}

/* Gives out the vacant container, or a new one.  @ret: NULL where there is no memory; else it is
 * set after a failure, too, to be removed. */
static int take_container(struct machine *m, struct container **ret, struct err *err)
{
	int r;

	*ret = take_ptr(m->vacant);
	if (*ret)
		return 0;
	r = container_new(m, ret, err);
	return r < 0 ? r : container_prepare(*ret, err);
}

/* The first container was prepared with the NIC's namespace; this one has no network. */
static int hide_network(struct machine *m, struct container *c, struct err *err)
{
	int r = network_hide(&m->network, err);

	return r == 0 ? mounts_renew_sys(&c->mounts, err) : r;
}

int table_add(struct machine *m, uint16_t number, struct wire_view payload)
{
	struct link_header ready = { .type = LINK_READY, .container = number };
	cleanup(link_container_reset) struct link_container spec = { 0 };
	cleanup(oci_options_reset) struct oci_options options = { 0 };
	struct container *c = NULL;
	struct err err = { 0 };
	bool has_options;
	int r = read_wishes(payload, &spec, &options, &has_options);

	if (r < 0)
		return r;
	if (is_slot_taken(m, spec.slot))
		return -EPROTO;
	r = take_container(m, &c, &err);
	if (!c)
		return r;
	if (r == 0 && !m->containers && network_is_unset(&m->network))
		r = hide_network(m, c, &err);
	c->number = number;
	c->has_options = has_options;
	c->spec = spec;
	c->options = options;
	spec = (struct link_container){ 0 };
	options = (struct oci_options){ 0 };
	c->next = m->containers;
	m->containers = c;
	if (r == 0)
		r = container_set_up(c, &err);
	c->state = r < 0 ? CONTAINER_FAILED : CONTAINER_READY;
	return r < 0 ? table_send_failed(m, number, &err) : link_send(m->link, ready, NULL, 0);
}

/*
 * Overwrites memory that was freed lately: each processor takes some, and gives it back.  An
 * emulator notices every write to memory that holds code it has translated, as the memory of a
 * container's programs does.  The next container would get that memory first, and pay; here nobody
 * waits.
 */
static void wear_out_memory(void)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		return;
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one) == 0) {
			void *at = mmap(NULL, FREED_BYTES, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

			if (at != MAP_FAILED)
				munmap(at, FREED_BYTES);
		}
	}
	sched_setaffinity(0, sizeof(all), &all);
}

static void unlink_container(struct container *c)
{
	struct container **at = &c->machine->containers;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
}

static void give_up_vacant(struct machine *m)
{
	struct container *c = take_ptr(m->vacant);

	if (c)
		container_release(c, NULL);
	container_free(c);
}

/* Gives the next container a new network namespace, with nothing of containers before it; its /sys
 * was prepared for the old one. */
static int forget_network(struct machine *m, struct err *err)
{
	give_up_vacant(m);
	return network_renew(&m->network, err);
}

/* Prepares the next container.  After a failure that is tried again when the host names one. */
static void get_ready_again(struct machine *m)
{
	struct err err;

	if (!m->vacant && table_make_vacant(m, &err) < 0)
		dprintf(STDERR_FILENO, "moat-init: %s\n", err.msg);
	if (!m->containers)
		wear_out_memory();
}

void table_drop(struct container *c)
{
	struct link_header removed = { .type = LINK_REMOVED, .container = c->number };
	struct machine *m = c->machine;
	struct err err = { 0 };
	int r = container_release(c, &err);

	if (r == 0 && m->containers == c && !c->next)
		r = forget_network(m, &err);
	if (r < 0) {
		(void)table_send_failed(m, c->number, &err);
		return;
	}
	unlink_container(c);
	container_free(c);
	get_ready_again(m);
	(void)link_send(m->link, removed, NULL, 0);
}
