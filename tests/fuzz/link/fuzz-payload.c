/* SPDX-License-Identifier: Apache-2.0 */
/* Every payload of the link, as the first byte chooses; what is read must be written back the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "link/clock.h"
#include "link/connect.h"
#include "link/files.h"
#include "link/network.h"
#include "link/query.h"
#include "link/setup.h"
#include "oci/options.h"
#include "oci/process.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct buf *b, const uint8_t *data, size_t size)
{
	if (b->len != size || (size > 0 && memcmp(b->data, data, size) != 0))
		abort();
}

static void try_machine(struct wire_view v)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_machine m;

	if (link_machine_get(v, &m) < 0)
		return;
	if (link_machine_put(&b, &m) < 0)
		abort();
	check_same(&b, v.data, v.len);
}

static void try_container(struct wire_view v)
{
	cleanup(link_container_reset) struct link_container c = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;

	if (link_container_get(v, &c) < 0)
		return;
	if (c.slot >= LINK_SLOTS || link_container_put(&b, &c) < 0)
		abort();
	check_same(&b, v.data, v.len);
}

static void try_process(struct wire_view v)
{
	cleanup_oci_process struct oci_process *p = NULL;
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct wire_view rest = v;

	if (oci_process_get(&rest, &p) < 0)
		return;
	if (oci_process_put(&b, p) < 0)
		abort();
	check_same(&b, v.data, v.len - rest.len);
}

static void try_small(struct wire_view v)
{
	struct link_hello hello;
	struct link_exited exited;
	struct err err;

	if (link_hello_get(v, &hello) == 0 && strlen(hello.kernel) > LINK_KERNEL_MAX)
		abort();
	if (link_exited_get(v, &exited) == 0 && exited.code > 255)
		abort();
	if (link_failed_get(v, &err) == 0 && (err.code >= 0 || strlen(err.msg) >= ERR_MSG_MAX))
		abort();
}

/* The answer of an older guest ends sooner: what it lacks is zero. */
static void check_begins(const struct buf *b, const uint8_t *data, size_t size)
{
	if (b->len < size || memcmp(b->data, data, size) != 0)
		abort();
	for (size_t i = size; i < b->len; i++)
		if (b->data[i] != 0)
			abort();
}

static void try_query(struct wire_view v)
{
	cleanup_free struct link_proc *procs = NULL;
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_stats stats;
	uint32_t id;
	size_t n;

	if (link_stats_get(v, &id, &stats) == 0) {
		if (link_stats_put(&b, id, &stats) < 0)
			abort();
		check_begins(&b, v.data, v.len);
	}
	if (link_procs_get(v, &id, &procs, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (strlen(procs[i].command) > LINK_COMMAND_MAX)
			abort();
}

static void try_files(struct wire_view v)
{
	cleanup(buf_reset) struct buf b = BUF_INIT, c = BUF_INIT;
	struct link_files f;
	struct link_stat s;
	struct err err;

	if (link_files_get(v, &f) == 0) {
		if (link_files_put(&b, &f) < 0)
			abort();
		check_same(&b, v.data, v.len);
		link_files_reset(&f);
	}
	if (link_stat_get(v, &s) == 0) {
		if (link_stat_put(&c, &s) < 0)
			abort();
		check_same(&c, v.data, v.len);
		link_stat_reset(&s);
	}
	if (link_outcome_get(v, &err) < 0 && strlen(err.msg) >= ERR_MSG_MAX)
		abort();
}

static void try_clock(struct wire_view v)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_clock clock;
	uint64_t asked;

	if (link_clock_ask_get(v, &asked) == 0) {
		if (link_clock_ask_put(&b, asked) < 0)
			abort();
		check_same(&b, v.data, v.len);
	} else if (link_clock_get(v, &clock) == 0) {
		if (link_clock_put(&b, &clock) < 0)
			abort();
		check_same(&b, v.data, v.len);
	}
}

static void try_options(struct wire_view v)
{
	cleanup(oci_options_reset) struct oci_options o = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;

	if (oci_options_get(v, &o) < 0)
		return;
	if (oci_options_put(&b, &o) < 0)
		abort();
	check_same(&b, v.data, v.len);
}

static void try_limits(struct wire_view v)
{
	cleanup_strv char **settings = NULL;
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct err err;
	uint32_t id;

	if (link_done_get(v, &id, &err) == 0 && (err.code > 0 || strlen(err.msg) >= ERR_MSG_MAX))
		abort();
	if (link_limits_get(v, &id, &settings) < 0)
		return;
	if (link_limits_put(&b, id, settings) < 0)
		abort();
	check_same(&b, v.data, v.len);
}

static void try_network(struct wire_view v)
{
	cleanup(link_network_reset) struct link_network n = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;

	if (link_network_get(v, &n) < 0)
		return;
	if (link_network_put(&b, n.id, n.network, n.hosts, n.resolv_conf) < 0)
		abort();
	check_same(&b, v.data, v.len);
}

static void try_connect(struct wire_view v)
{
	cleanup(link_connect_reset) struct link_connect c = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT, d = BUF_INIT;
	struct link_call call;

	if (link_call_get(v, &call) == 0) {
		if (call.number == 0 || link_call_put(&b, &call) < 0)
			abort();
		check_same(&b, v.data, v.len);
	}
	if (link_connect_get(v, &c) < 0)
		return;
	if (link_connect_put(&d, &c) < 0)
		abort();
	check_same(&d, v.data, v.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_view v = { .data = data + 1, .len = size - 1 };

	if (size == 0)
		return 0;
	if (data[0] == 'M')
		try_machine(v);
	else if (data[0] == 'S')
		try_container(v);
	else if (data[0] == 'P')
		try_process(v);
	else if (data[0] == 'O')
		try_options(v);
	else if (data[0] == 'L')
		try_limits(v);
	else if (data[0] == 'Q')
		try_query(v);
	else if (data[0] == 'C')
		try_clock(v);
	else if (data[0] == 'N')
		try_network(v);
	else if (data[0] == 'K')
		try_connect(v);
	else if (data[0] == 'F')
		try_files(v);
	else
		try_small(v);
	return 0;
}
