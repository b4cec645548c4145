/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/api.h"

/*
 * Requests about a container or exec that are sent while its streams are pumped: the start, then
 * signals and terminal sizes.  They go one at a time; others wait meanwhile, and equal signals
 * become one, as in the kernel.
 */
enum control_request { CONTROL_IDLE, CONTROL_START, CONTROL_SIGNAL, CONTROL_RESIZE };

struct control {
	struct api *api;    /* borrowed */
	const char *object; /* "/v1.47/containers/ID" or "/v1.47/exec/ID"; borrowed */
	bool start;	    /* the start is to be sent */
	bool start_failed;  /* moatd answered that it could not start it */
	bool resize;	    /* the terminal's size is to be sent */
	uint64_t signals;   /* to be sent, bit N is signal N */
	int signo;	    /* the signal that was sent last */
	unsigned losses;    /* connections that broke while a signal was sent */
	enum control_request doing;
};

/** control_fd() - what to poll for POLLIN; -1 when no answer is awaited */
int control_fd(const struct control *c);

/** control_pump() - send the next request when none is under way.  Return: 0; negative errno with a
 * message when the start could not be sent. */
int control_pump(struct control *c, struct err *err);

/**
 * control_step() - read what came
 *
 * Failures of signals and sizes do not count: the process they were for is over.
 *
 * Return: 0; negative errno with a message when the start failed.
 */
int control_step(struct control *c, struct err *err);
