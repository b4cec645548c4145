/* SPDX-License-Identifier: Apache-2.0 */
/* The table of containers, as far as it goes without a machine. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "guest/machine/table.h"

static struct container *add(struct machine *m, uint16_t number, uint8_t slot)
{
	struct container *c;

	assert_int_equal(container_new(m, &c, NULL), 0);
	c->number = number;
	c->spec.slot = slot;
	c->next = m->containers;
	m->containers = c;
	return c;
}

static void empty(struct machine *m)
{
	struct container *c;

	while ((c = m->containers)) {
		m->containers = c->next;
		container_free(c);
	}
	container_free(m->vacant);
}

static void container_is_found_by_the_hosts_number(void **state)
{
	struct machine m = { 0 };
	struct container *one = add(&m, 65535, 0), *two = add(&m, 1, 1);

	(void)state;
	assert_ptr_equal(container_find(&m, 65535), one);
	assert_ptr_equal(container_find(&m, 1), two);
	assert_null(container_find(&m, 2));
	empty(&m);
}

static void places_are_the_lowest_that_are_free(void **state)
{
	struct machine m = { 0 };
	struct container *middle;

	(void)state;
	assert_int_equal(container_new(&m, &m.vacant, NULL), 0);
	assert_string_equal(m.vacant->dir, "/c/1");
	middle = add(&m, 9, 0);
	assert_string_equal(middle->dir, "/c/2");
	assert_string_equal(add(&m, 8, 1)->dir, "/c/3");
	m.containers->next = NULL;
	container_free(middle);
	assert_string_equal(add(&m, 7, 0)->dir, "/c/2");
	empty(&m);
}

static int add_by_message(struct machine *m, uint8_t slot, struct wire_view options)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_container wanted = { .slot = slot,
					 .hostname = (char[]){ "box" },
					 .options = options };

	assert_int_equal(link_container_put(&b, &wanted), 0);
	return table_add(m, 2, (struct wire_view){ (unsigned char *)b.data, b.len });
}

static void disks_of_another_container_are_refused(void **state)
{
	struct machine m = { 0 };

	(void)state;
	add(&m, 1, 3);
	assert_int_equal(add_by_message(&m, 3, (struct wire_view){ 0 }), -EPROTO);
	assert_null(container_find(&m, 2));
	empty(&m);
}

static void options_that_make_no_sense_are_refused(void **state)
{
	struct machine m = { 0 };
	struct wire_view options = { (const unsigned char *)"\2", 1 };

	(void)state;
	assert_int_equal(add_by_message(&m, 0, options), -EBADMSG);
	assert_null(m.containers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(container_is_found_by_the_hosts_number),
		cmocka_unit_test(places_are_the_lowest_that_are_free),
		cmocka_unit_test(disks_of_another_container_are_refused),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
