/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/spec/health-config.h"

/* The result of docker's health checks so far, and when the next is due.  Pure. */

#define HEALTH_OUTPUT_MAX 4096u
#define HEALTH_RESULTS	  5u /* how many are kept */

enum health_status { HEALTH_NONE, HEALTH_STARTING, HEALTH_HEALTHY, HEALTH_UNHEALTHY };

struct health {
	enum health_status status;
	int failing_streak;
	/* Array of the last results, as inspect shows them; NULL: none.  A new result makes a new
	 * array, so whoever holds a reference can read it without a lock. */
	json_t *log;
};

/* One probe. */
struct health_result {
	int64_t start_nsec, end_nsec;
	int code; /* exit code; -1: the check could not be run, or took too long */
	const char *output;
	size_t output_len;
};

/** health_reset() - free what the two hold */
void health_reset(struct health *h, struct health_config *config);

/** health_begin() - the container has started: no results yet */
void health_begin(struct health *h, const struct health_config *config);

/**
 * health_add() - add a result
 * @started_nsec: when the container started
 *
 * Return: did the status change?
 */
bool health_add(struct health *h, const struct health_config *config,
		const struct health_result *result, int64_t started_nsec);

/** health_pause() - how long to wait for the next probe, the container having run for @up_nsec */
int64_t health_pause(const struct health *h, const struct health_config *config, int64_t up_nsec);

/** health_name() - "none", "starting", "healthy", "unhealthy" */
const char *health_name(const struct health *h);

/** health_text() - what `ps` adds to "Up 3 seconds": " (healthy)" */
const char *health_text(const struct health *h);

/** health_describe() - State.Health of inspect, owned; NULL where there is no check */
json_t *health_describe(const struct health *h);
