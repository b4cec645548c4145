/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "daemon/state/state.h"

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char root[] = "/tmp/moat-state-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/moat-state-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return path_remove_tree(AT_FDCWD, root);
}

static struct state *opened(void)
{
	struct state *st;
	struct err err;

	if (state_open(root, &st, &err) < 0)
		fail_msg("%s", err.msg);
	return st;
}

static struct record record_of(char digit, const char *name)
{
	struct record rec = { .created_nsec = digit, .state = RECORD_CREATED };

	memset(rec.id, digit, ID_LEN);
	rec.name = strdup(name);
	rec.image = strdup("img:1");
	rec.error = strdup("");
	strcpy(rec.manifest.text, DIGEST);
	strcpy(rec.config.text, DIGEST);
	return rec;
}

static struct texts texts_of(void)
{
	static char config[] = "{\"Tty\":true}", host[] = "{}", spec[] = "{\"x\":1}";

	return (struct texts){ config, host, spec };
}

struct seen {
	size_t n;
	struct record last;
};

static int see(struct record *rec, struct texts *texts, void *arg)
{
	struct seen *seen = arg;

	assert_string_equal(texts->spec, "{\"x\":1}");
	record_reset(&seen->last);
	seen->last = *rec;
	*rec = (struct record){ 0 };
	seen->n++;
	return 0;
}

static void a_container_comes_back_as_it_was_written(void **state)
{
	struct state *st = opened();
	struct record rec = record_of('a', "web");
	struct texts texts = texts_of(), got = { 0 };
	struct seen seen = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(state_insert(st, &rec, &texts, &err), 0);
	rec.state = RECORD_EXITED;
	rec.exit_code = 3;
	rec.oom = true;
	rec.restart_count = 4;
	rec.stopped = true;
	rec.started_nsec = 1234567890123456789;
	rec.finished_nsec = 1234567890123456790;
	free(rec.error);
	rec.error = strdup("it's \"over\"");
	assert_int_equal(state_update(st, &rec, &err), 0);
	state_close(st);

	st = opened();
	assert_int_equal(state_each(st, see, &seen, &err), 0);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.last.id, rec.id);
	assert_string_equal(seen.last.name, "web");
	assert_string_equal(seen.last.image, "img:1");
	assert_string_equal(seen.last.manifest.text, DIGEST);
	assert_int_equal(seen.last.state, RECORD_EXITED);
	assert_int_equal(seen.last.exit_code, 3);
	assert_true(seen.last.oom);
	assert_int_equal(seen.last.restart_count, 4);
	assert_true(seen.last.stopped);
	assert_true(seen.last.started_nsec == 1234567890123456789);
	assert_string_equal(seen.last.error, "it's \"over\"");
	assert_int_equal(state_texts(st, rec.id, &got, &err), 0);
	assert_string_equal(got.config, "{\"Tty\":true}");
	texts_reset(&got);
	record_reset(&seen.last);
	record_reset(&rec);
	state_close(st);
}

static void a_name_can_be_taken_once(void **state)
{
	struct state *st = opened();
	struct record a = record_of('a', "web"), b = record_of('b', "web");
	struct record c = record_of('c', "other");
	struct texts texts = texts_of();
	struct err err;

	(void)state;
	assert_int_equal(state_insert(st, &a, &texts, &err), 0);
	assert_int_equal(state_insert(st, &b, &texts, &err), -EEXIST);
	assert_int_equal(state_insert(st, &c, &texts, &err), 0);
	free(c.name);
	c.name = strdup("web");
	assert_int_equal(state_update(st, &c, &err), -EEXIST);
	assert_int_equal(state_delete(st, a.id, false, &err), 0);
	assert_int_equal(state_update(st, &c, &err), 0);
	record_reset(&a);
	record_reset(&b);
	record_reset(&c);
	state_close(st);
}

static void a_deleted_container_is_gone(void **state)
{
	struct state *st = opened();
	struct record rec = record_of('a', "web");
	struct texts texts = texts_of(), got = { 0 };
	struct seen seen = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(state_insert(st, &rec, &texts, &err), 0);
	assert_int_equal(state_delete(st, rec.id, false, &err), 0);
	assert_int_equal(state_delete(st, rec.id, false, &err), 0);
	assert_int_equal(state_texts(st, rec.id, &got, &err), -ENOENT);
	assert_int_equal(state_each(st, see, &seen, &err), 0);
	assert_int_equal(seen.n, 0);
	record_reset(&rec);
	state_close(st);
}

/* What version 1 did not have is taken away from a file of today. */
static void a_file_of_the_first_version_is_taken_over(void **state)
{
	cleanup_free char *path = str_printf("%s/state.db", root);
	struct state *st = opened();
	struct record rec = record_of('a', "web");
	struct texts texts = texts_of();
	struct seen seen = { 0 };
	struct err err;
	sqlite3 *db;

	(void)state;
	assert_int_equal(state_insert(st, &rec, &texts, &err), 0);
	state_close(st);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db,
			     "DROP TABLE network; DROP TABLE endpoint; DROP TABLE published;"
			     "DROP TRIGGER container_gone; DROP TRIGGER container_gone_with_ports;"
			     "ALTER TABLE container DROP COLUMN restart_count;"
			     "ALTER TABLE container DROP COLUMN stopped;"
			     "ALTER TABLE container DROP COLUMN mounts;"
			     "DROP TABLE volume;"
			     "PRAGMA user_version=1",
			     NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	st = opened();
	assert_int_equal(state_each(st, see, &seen, &err), 0);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.last.name, "web");
	assert_int_equal(seen.last.restart_count, 0);
	assert_false(seen.last.stopped);
	record_reset(&seen.last);
	record_reset(&rec);
	state_close(st);
}

static void a_newer_schema_is_refused(void **state)
{
	cleanup_free char *path = str_printf("%s/state.db", root);
	struct state *st = opened();
	struct err err;
	sqlite3 *db;

	(void)state;
	state_close(st);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version=99", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(state_open(root, &st, &err), -EPROTO);
	assert_non_null(strstr(err.msg, "newer moat"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_container_comes_back_as_it_was_written, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_name_can_be_taken_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_deleted_container_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_file_of_the_first_version_is_taken_over, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_newer_schema_is_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
