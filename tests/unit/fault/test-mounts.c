/* SPDX-License-Identifier: Apache-2.0 */
/* What moatd makes of a request's mounts, while memory fails. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "daemon/spec/mounts.h"
#include "faults.h"
#include "oci/volume-spec.h"

static const char request_text[] =
	"{\"Binds\":[\"/a:/b:ro\",\"mine:/c\"],\"Volumes\":{\"/d\":{}},\"Tmpfs\":{\"/e\":\"\"},"
	"\"Mounts\":[{\"Type\":\"volume\",\"Source\":\"other\",\"Target\":\"/f\",\"VolumeOptions\":"
	"{\"Subpath\":\"x\",\"Labels\":{\"k\":\"v\"}}},{\"Type\":\"bind\",\"Source\":\"/s\","
	"\"Target\":\"/g\"},{\"Type\":\"tmpfs\",\"Target\":\"/h\"}]}";

static json_t *request;

/* jansson's memory is never short, as what it does then is not ours. */
static int set_up(void **state)
{
	(void)state;
	return json_read(request_text, strlen(request_text), "request", &request, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	json_decref(request);
	return 0;
}

static char *path_of(const char *name, void *arg)
{
	(void)arg;
	return strdup(name);
}

static int points(void *arg)
{
	cleanup(mount_points_reset) struct mount_points m = { 0 }, other = { 0 }, again = { 0 };
	cleanup_free char *text = NULL;
	cleanup_json json_t *described = NULL;
	struct err err = { 0 };
	int r = mounts_from_request(request, request, &m, &err);

	(void)arg;
	if (r == 0)
		r = mount_points_inherit(&other, &m, true, &err);
	if (r < 0) {
		assert_string_not_equal(err.msg, "");
		return r;
	}
	text = mount_points_write(&other);
	described = mount_points_describe(&other, path_of, NULL);
	if (!text || !described)
		return -ENOMEM;
	return mount_points_read(text, &again, &err);
}

static int spec(void *arg)
{
	cleanup(volume_spec_reset) struct volume_spec v = { 0 };

	(void)arg;
	return volume_spec_parse("/a:/b:ro,z", &v, NULL);
}

static void each_allocation_may_fail(void **state)
{
	(void)state;
	assert_true(faults_each(FAULT_MEMORY, points, NULL) > 0);
	assert_true(faults_each(FAULT_MEMORY, spec, NULL) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_allocation_may_fail) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
