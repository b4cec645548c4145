/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "control/answer.h"
#include "control/event.h"

static void read_back(const struct control_event *e, struct control_event *ret)
{
	cleanup_free char *text = control_event_write(e);

	assert_non_null(text);
	assert_int_equal(control_event_read(text, strlen(text), ret, NULL), 0);
	assert_int_equal(ret->type, e->type);
}

static void a_state_is_read_as_it_was_written(void **state)
{
	struct control_exec execs[] = { { "a", true, 0 }, { "b.c-d_e", false, 137 } };
	struct control_container containers[] = {
		{ .name = "one",
		  .state = STATE_RUNNING,
		  .oom = true,
		  .disk_full = true,
		  .started_nsec = INT64_C(1) << 60,
		  .execs = execs,
		  .n_execs = 2 },
		{ .name = "two", .state = STATE_EXITED },
	};
	struct control_event e = { .type = EVENT_STATE,
				   .paused = true,
				   .pid = 12,
				   .machine = MACHINE_RESTORED,
				   .disk_errors = { 5, "layer", "No space left on device" },
				   .containers = containers,
				   .n_containers = 2 };
	const struct control_container *one;
	struct control_event got;

	(void)state;
	read_back(&e, &got);
	assert_true(got.paused && !got.resting);
	assert_int_equal(got.pid, 12);
	assert_int_equal(got.machine, MACHINE_RESTORED);
	assert_int_equal(got.disk_errors.count, 5);
	assert_string_equal(got.disk_errors.disk, "layer");
	assert_string_equal(got.disk_errors.reason, "No space left on device");
	assert_int_equal(got.n_containers, 2);
	assert_int_equal(control_event_container(&got, "two")->state, STATE_EXITED);
	assert_null(control_event_container(&got, "three"));
	one = control_event_container(&got, "one");
	assert_int_equal(one->state, STATE_RUNNING);
	assert_true(one->oom && one->disk_full);
	assert_true(one->started_nsec == INT64_C(1) << 60);
	assert_int_equal(one->n_execs, 2);
	assert_string_equal(one->execs[0].target, "a");
	assert_true(one->execs[0].running);
	assert_int_equal(one->execs[1].code, 137);
	control_event_reset(&got);
}

/* All of a machine's together. */
static void as_many_execs_as_are_told_of_fit_into_a_packet(void **state)
{
	struct control_container containers[CONTROL_CONTAINERS_MAX] = { 0 };
	struct control_event e = { .type = EVENT_STATE,
				   .containers = containers,
				   .n_containers = CONTROL_CONTAINERS_MAX };
	struct control_exec *execs = calloc(CONTROL_EXECS_MAX, sizeof(*execs));
	cleanup_free char *text = NULL;
	struct control_event got;

	(void)state;
	assert_non_null(execs);
	for (size_t i = 0; i < CONTROL_EXECS_MAX; i++) {
		memset(execs[i].target, 'x', CONTROL_TARGET_MAX);
		execs[i].code = 255;
	}
	for (size_t i = 0; i < CONTROL_CONTAINERS_MAX; i++)
		memset(containers[i].name, 'n', CONTROL_NAME_MAX);
	containers[0].execs = execs;
	containers[0].n_execs = CONTROL_EXECS_MAX;
	text = control_event_write(&e);
	assert_non_null(text);
	assert_in_range(strlen(text), 1, CONTROL_PACKET_MAX);
	read_back(&e, &got);
	assert_int_equal(got.containers[0].n_execs, CONTROL_EXECS_MAX);
	control_event_reset(&got);
	free(execs);
}

static void an_end_is_read_as_it_was_written(void **state)
{
	struct control_event e = { .type = EVENT_EXITED,
				   .container = "c",
				   .machine = MACHINE_RESTORED,
				   .times = { .begun = 1, .exited = 6, .ended = 7 },
				   .exit = { .code = 3, .started_nsec = 4, .finished_nsec = 5 } };
	struct control_event got;

	(void)state;
	err_set(&e.exit.err, -EIO, "say \"why\" \xc3\xa4");
	read_back(&e, &got);
	assert_string_equal(got.container, "c");
	assert_int_equal(got.machine, MACHINE_RESTORED);
	assert_int_equal(got.times.begun, 1);
	assert_int_equal(got.times.engine, 0);
	assert_int_equal(got.times.ended, 7);
	assert_int_equal(got.exit.code, 3);
	assert_int_equal(got.exit.finished_nsec, 5);
	assert_string_equal(got.exit.err.msg, "say \"why\" \xc3\xa4");
}

static void a_long_reason_is_cut_between_characters(void **state)
{
	struct buf text = BUF_INIT;
	struct control_event got;

	(void)state;
	assert_int_equal(
		buf_adds(&text, "{\"event\":\"exited\",\"machine\":\"booted\",\"error\":\"x"), 0);
	for (int i = 0; i < ERR_MSG_MAX; i++)
		assert_int_equal(buf_adds(&text, "\xc3\xa4"), 0);
	assert_int_equal(buf_adds(&text, "\"}"), 0);
	assert_int_equal(control_event_read(text.data, text.len, &got, NULL), 0);
	assert_in_range(strlen(got.exit.err.msg), ERR_MSG_MAX - 3, ERR_MSG_MAX - 1);
	assert_int_equal((unsigned char)got.exit.err.msg[strlen(got.exit.err.msg) - 1], 0xa4);
	buf_reset(&text);
}

static void events_without_members_are_told_apart(void **state)
{
	static const enum control_event_type types[] = { EVENT_RESTORE_FAILED, EVENT_PAUSED,
							 EVENT_RESUMED, EVENT_OOM };
	struct control_event got;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		read_back(&(struct control_event){ .type = types[i] }, &got);
}

static void who_detached_is_told_of(void **state)
{
	struct control_event e = { .type = EVENT_DETACHED, .container = "c" }, got;

	(void)state;
	read_back(&e, &got);
	assert_string_equal(got.container, "c");
	assert_string_equal(got.exec.target, "");
	strcpy(e.exec.target, "e1");
	read_back(&e, &got);
	assert_string_equal(got.exec.target, "e1");
}

static void malformed_events_are_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{ "", -EBADMSG },
		{ "{}", -EOPNOTSUPP },
		{ "{\"event\":\"fly\"}", -EOPNOTSUPP },
		{ "{\"event\":\"state\"}", -EBADMSG },
		{ "{\"event\":\"state\",\"machine\":\"lost\"}", -EBADMSG },
		{ "{\"event\":\"state\",\"machine\":\"booted\",\"containers\":[{}]}", -EBADMSG },
		{ "{\"event\":\"state\",\"machine\":\"booted\",\"containers\":{}}", -EBADMSG },
		{ "{\"event\":\"exec-exited\",\"target\":\"../x\",\"code\":0}", -EINVAL },
		{ "{\"event\":\"exec-exited\",\"target\":\"x\",\"code\":256}", -EINVAL },
		{ "{\"event\":\"detached\",\"target\":\"a/b\"}", -EINVAL },
		{ "{\"event\":\"exited\",\"machine\":\"booted\",\"code\":-1}", -EINVAL },
		{ "{\"event\":\"started\",\"machine\":\"booted\",\"pid\":\"1\"}", -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct control_event e;
		struct err err = { 0 };

		assert_int_equal(control_event_read(cases[i].text, strlen(cases[i].text), &e, &err),
				 cases[i].code);
		assert_true(*err.msg);
	}
}

static void a_refusal_carries_its_reason(void **state)
{
	struct err no = { -EBUSY, "not now" }, err;
	cleanup_free char *text = answer_write(&no), *yes = answer_write(NULL);

	(void)state;
	assert_non_null(text);
	assert_non_null(yes);
	assert_int_equal(answer_read(text, strlen(text), NULL, &err), -EBUSY);
	assert_string_equal(err.msg, "not now");
	assert_int_equal(answer_read(yes, strlen(yes), NULL, &err), 0);
}

static void figures_are_read_as_they_were_written(void **state)
{
	struct link_stats stats = { .cpu_usec = 1, .memory_bytes = 2, .write_bytes = UINT64_MAX };
	struct link_proc procs[] = { { .pid = 1,
				       .uid = UINT32_MAX,
				       .resident_bytes = 4096,
				       .state = "S",
				       .name = "sh",
				       .command = "sh -c \"x\"" },
				     { .pid = 9 } };
	cleanup_free char *first = answer_stats_write(&stats),
			  *second = answer_procs_write(procs, 2);
	cleanup_json json_t *answer = NULL, *list = NULL;
	cleanup_free struct link_proc *got = NULL;
	size_t n;

	(void)state;
	memset(&stats, 0xff, sizeof(stats));
	assert_int_equal(answer_read(first, strlen(first), &answer, NULL), 0);
	assert_int_equal(answer_stats_read(answer, &stats, NULL), 0);
	assert_int_equal(stats.cpu_usec, 1);
	assert_int_equal(stats.pids, 0);
	assert_true(stats.write_bytes == INT64_MAX);
	assert_int_equal(answer_read(second, strlen(second), &list, NULL), 0);
	assert_int_equal(answer_procs_read(list, &got, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(got[0].uid, UINT32_MAX);
	assert_int_equal(got[0].resident_bytes, 4096);
	assert_string_equal(got[0].state, "S");
	assert_string_equal(got[0].name, "sh");
	assert_string_equal(got[0].command, "sh -c \"x\"");
	assert_int_equal(got[1].pid, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_is_read_as_it_was_written),
		cmocka_unit_test(as_many_execs_as_are_told_of_fit_into_a_packet),
		cmocka_unit_test(an_end_is_read_as_it_was_written),
		cmocka_unit_test(a_long_reason_is_cut_between_characters),
		cmocka_unit_test(events_without_members_are_told_apart),
		cmocka_unit_test(who_detached_is_told_of),
		cmocka_unit_test(malformed_events_are_refused),
		cmocka_unit_test(a_refusal_carries_its_reason),
		cmocka_unit_test(figures_are_read_as_they_were_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
