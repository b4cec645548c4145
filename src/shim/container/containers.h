/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/container/container.h"
#include "shim/machine/life.h"

LIST_HEAD(container_list, container);

/* All containers of a machine. */
struct containers {
	struct loop *loop;
	struct life *life;
	struct server *server;
	const struct deadlines *deadlines;
	void (*changed)(void *arg);	    /* there may be nothing left to wait for */
	void (*frozen)(void *arg, bool ok); /* the answer to containers_freeze() */
	void *arg;
	struct container_list list;
	uint16_t last_number; /* the last numbers given out to containers and streams */
	uint32_t last_stream;
	bool hasty; /* the end was asked for: clients get little time for the last output */
};

/* Passes on what a guest says of its containers; @arg is the struct containers. */
extern const struct guest_container_handler containers_guest_handler;

/** containers_free() - free all containers, and tell nobody */
void containers_free(struct containers *all);

/**
 * containers_add() - add the container that a request describes.  @fds: the container's folder and
 * its file server; owned from success on.
 * Return: 0; -EEXIST; -errno of life_take(), of share_take() and of reading config.json; with a
 * message.
 */
int containers_add(struct containers *all, const struct control_request *rq, int *fds,
		   struct err *err);

/** containers_find() - find a container by name; NULL where there is none */
struct container *containers_find(struct containers *all, const char *name);

/** containers_offer() - the guest takes containers now: tell it of all there are */
void containers_offer(struct containers *all);

/** containers_end() - the machine is gone, and all containers with it.  @code: of those that ran;
 * @why: NULL where the end was asked for */
void containers_end(struct containers *all, int code, const struct err *why);

/** containers_hurry() - wait no longer for clients that are slow */
void containers_hurry(struct containers *all);

/** containers_kill() - kill the processes of all that run.  Return: are there any? */
bool containers_kill(struct containers *all);

/** containers_are_running(), _wanted(), _untold() - is there a container that runs; one that was
 * started and has not ended; one that ended before it was started, so that nobody was told? */
bool containers_are_running(const struct containers *all);
bool containers_are_wanted(const struct containers *all);
bool containers_are_untold(const struct containers *all);

/** containers_are_drained() - do all clients have the last output, or had time for it? */
bool containers_are_drained(const struct containers *all);

/** containers_forget() - free those that were removed and are drained */
void containers_forget(struct containers *all);
