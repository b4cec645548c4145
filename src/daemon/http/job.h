/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/http/http.h"
#include "image/image.h"

/*
 * Long work that reports progress: it runs in a thread of its own and writes docker's messages, one
 * JSON object a line, which are the body of the reply.  A client that goes away cancels it.
 */
struct job;

/**
 * job_start() - begin the work
 * @fn:      the work; a negative errno with a message is its failure
 * @arg:     for @fn
 * @free_fn: frees @arg, called once, also when job_start() fails
 *
 * Return: 0, @ret owned by job_reply(); -errno.
 */
int job_start(int (*fn)(struct job *job, void *arg, struct err *err), void (*free_fn)(void *arg),
	      void *arg, struct job **ret, struct err *err);

/**
 * job_reply() - make the job's messages the reply
 *
 * Waits for the first message.  A job that fails before it is an ordinary error; one that fails
 * later ends its messages with {"errorDetail":…,"error":…}.
 *
 * Return: 0; the job's own error.
 */
int job_reply(struct job *job, const struct request *rq, struct reply *rp, struct err *err);

/** job_say() - write a message that is no progress; takes over the reference, NULL is accepted */
void job_say(struct job *job, json_t *message);

/** job_progress() - a struct progress that writes the job's messages */
struct progress job_progress(struct job *job);
