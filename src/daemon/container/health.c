/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/health.h"

#include "base/clock.h"
#include "base/str.h"

void health_reset(struct health *h, struct health_config *config)
{
	json_decref(h->log);
	strv_free(config->args);
	h->log = NULL;
	config->args = NULL;
}

void health_begin(struct health *h, const struct health_config *config)
{
	json_decref(h->log);
	*h = (struct health){ .status = config->args ? HEALTH_STARTING : HEALTH_NONE };
}

static void note_result(struct health *h, const struct health_result *r)
{
	char start[CLOCK_TEXT_MAX], end[CLOCK_TEXT_MAX];
	cleanup_free char *output = malloc(r->output_len + 1);
	cleanup_json json_t *log = h->log ? json_copy(h->log) : json_array();
	json_t *text;

	if (!output || !log)
		return;
	/* The output may be any bytes; those that are no text are left out. */
	for (size_t i = 0; i < r->output_len; i++)
		output[i] = r->output[i] ? r->output[i] : '?';
	output[r->output_len] = '\0';
	text = json_string(output);
	if (!text) {
		for (char *c = output; *c; c++)
			*c = (unsigned char)*c < 0x80 ? *c : '?';
		text = json_string(output);
	}
	clock_format(r->start_nsec, start);
	clock_format(r->end_nsec, end);
	json_array_append_new(log, json_pack("{s:s, s:s, s:i, s:o}", "Start", start, "End", end,
					     "ExitCode", r->code, "Output", text));
	while (json_array_size(log) > HEALTH_RESULTS)
		json_array_remove(log, 0);
	json_decref(h->log);
	h->log = take_ptr(log);
}

bool health_add(struct health *h, const struct health_config *config,
		const struct health_result *result, int64_t started_nsec)
{
	enum health_status old = h->status;
	bool spared = old == HEALTH_STARTING &&
		      result->start_nsec - started_nsec < config->start_period_nsec;

	note_result(h, result);
	if (result->code == 0) {
		h->failing_streak = 0;
		h->status = HEALTH_HEALTHY;
	} else if (!spared) {
		h->failing_streak++;
		if (h->failing_streak >= config->retries)
			h->status = HEALTH_UNHEALTHY;
	}
	return h->status != old;
}

int64_t health_pause(const struct health *h, const struct health_config *config, int64_t up_nsec)
{
	if (h->status == HEALTH_STARTING && up_nsec < config->start_period_nsec)
		return config->start_interval_nsec;
	return config->interval_nsec;
}

const char *health_name(const struct health *h)
{
	static const char *const names[] = { "none", "starting", "healthy", "unhealthy" };

	return names[h->status];
}

const char *health_text(const struct health *h)
{
	static const char *const texts[] = { "", " (health: starting)", " (healthy)",
					     " (unhealthy)" };

	return texts[h->status];
}

json_t *health_describe(const struct health *h)
{
	if (h->status == HEALTH_NONE)
		return NULL;
	return json_pack("{s:s, s:i, s:o}", "Status", health_name(h), "FailingStreak",
			 h->failing_streak, "Log", h->log ? json_incref(h->log) : json_array());
}
