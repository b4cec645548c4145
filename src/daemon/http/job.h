/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/http/http.h"
#include "image/image.h"

/*
 * Long work that reports progress: it runs in a thread of its own and writes docker's messages, one
 * JSON object a line, which are the body of the reply.  A client that goes away cancels it.
 */
struct job;

struct work {
	/** run() - do it; a negative errno with a message is its failure */
	int (*run)(struct job *job, void *arg, struct err *err);
	/** free() - free @arg; called once, also where job_reply() fails */
	void (*free)(void *arg);
};

/**
 * job_reply() - begin the work, and make its messages the reply
 *
 * Waits for the first message.  Work that fails before it is an ordinary error; where it fails
 * later, its messages end with {"errorDetail":…,"error":…}.
 *
 * Return: 0; the work's own error; -errno with a message where it could not begin.
 */
int job_reply(const struct request *rq, struct reply *rp, const struct work *work, void *arg,
	      struct err *err);

/** job_say() - write a message that is no progress; takes over the reference, NULL is accepted */
void job_say(struct job *job, json_t *message);

/** job_progress() - a struct progress that writes the job's messages */
struct progress job_progress(struct job *job);
