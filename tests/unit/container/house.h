/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/view.h"

/*
 * A moatd without an API and without machines: a table of containers over a data root of its own,
 * with its database, its main loop in a thread, and fake-shim.c for a shim.  The linker puts
 * house.c in the place of what gets machines and makes images' files (see meson.build).
 */

/* A runtime-spec. */
#define HOUSE_SPEC                                                                                 \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"true\"],\"cwd\":\"/\",\"user\":{"      \
	"\"uid\":0,\"gid\":0}},\"root\":{\"path\":\"/image\"}}"

/** house_set_up(), house_tear_down() - of a test */
int house_set_up(void **state);
int house_tear_down(void **state);

/** house_table() - the table; set up, and empty at first */
struct containers *house_table(void);

/** house_behave() - what the processes of containers that start do (fake-shim.c) */
void house_behave(const char *how);

/** house_lose_image() - can the image's file not be made anew? */
void house_lose_image(bool lost);

/** house_image_asked() - how often the image's file was asked for */
unsigned house_image_asked(void);

/** house_add() - a container named @name, which is created.  @host: its HostConfig.  Return: a
 * reference. */
struct container *house_add(const char *name, const char *host);

/** house_leave(), house_come() - moatd ends as by kill -9, and a new one takes over;
 * house_restart() does both.  References are void. */
void house_leave(void);
void house_come(void);
void house_restart(void);

/** house_come_short() - as house_come(), with the @nth allocation of containers_recover() failing.
 * @ret_hit: did it?  Return: what that returned. */
int house_come_short(unsigned nth, bool *ret_hit);

/** house_find() - a reference to the container with a name */
struct container *house_find(const char *name);

/** house_await() - until a container is in one of some states, or the test fails */
void house_await(struct container *c, unsigned states);

/** house_kill_shim() - kill -9 the shim that was started last */
void house_kill_shim(void);

/** house_row() - what the database says of a container's state */
enum record_state house_row(const struct container *c);

/** house_await_row() - until the database says so, or the test fails: a row is written after its
 * event */
void house_await_row(const struct container *c, enum record_state state);
