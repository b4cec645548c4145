/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process as it travels over the guest link.  Sent by the host, so the guest may
 * trust it; it is checked all the same, because the same code reads it in tests and tools.
 */
#include "oci/process.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"

#define RLIMITS_MAX 64 /* more than Linux has, which is 16 */

void oci_process_free(struct oci_process *p)
{
	if (!p)
		return;
	strv_free(p->args);
	strv_free(p->env);
	free(p->cwd);
	free(p->user);
	for (size_t i = 0; i < p->n_rlimits; i++)
		free(p->rlimits[i].type);
	free(p->rlimits);
	free(p);
}

static int put_rlimits(struct buf *b, const struct oci_process *p)
{
	int r = wire_put_u32(b, (uint32_t)p->n_rlimits);

	for (size_t i = 0; r == 0 && i < p->n_rlimits; i++) {
		const struct oci_rlimit *limit = &p->rlimits[i];

		if (wire_put_str(b, limit->type) < 0 || wire_put_u64(b, limit->soft) < 0)
			return -ENOMEM;
		r = wire_put_u64(b, limit->hard);
	}
	return r;
}

int oci_process_put(struct buf *b, const struct oci_process *p)
{
	if (wire_put_strv(b, p->args) < 0 || wire_put_strv(b, p->env) < 0 ||
	    wire_put_str(b, p->cwd) < 0 || wire_put_str(b, p->user) < 0 ||
	    wire_put_u8(b, p->terminal) < 0 || wire_put_u16(b, p->rows) < 0 ||
	    wire_put_u16(b, p->cols) < 0 || wire_put_u8(b, p->open_stdin) < 0 ||
	    wire_put_u8(b, p->no_new_privileges) < 0 || wire_put_u64(b, p->capabilities) < 0)
		return -ENOMEM;
	return put_rlimits(b, p);
}

static int get_rlimits(struct wire_view *v, struct oci_process *p)
{
	uint32_t n;
	int r = wire_get_u32(v, &n);

	if (r < 0)
		return r;
	if (n > RLIMITS_MAX)
		return -EBADMSG;
	if (n == 0)
		return 0;
	p->rlimits = calloc(n, sizeof(*p->rlimits));
	if (!p->rlimits)
		return -ENOMEM;
	while (r == 0 && p->n_rlimits < n) {
		struct oci_rlimit *limit = &p->rlimits[p->n_rlimits++];

		wire_get_str(v, &limit->type);
		wire_get_u64(v, &limit->soft);
		r = wire_get_u64(v, &limit->hard);
	}
	return r;
}

int oci_process_get(struct wire_view *v, struct oci_process **ret)
{
	cleanup_oci_process struct oci_process *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	wire_get_strv(v, &p->args);
	wire_get_strv(v, &p->env);
	wire_get_str(v, &p->cwd);
	wire_get_str(v, &p->user);
	wire_get_bool(v, &p->terminal);
	wire_get_u16(v, &p->rows);
	wire_get_u16(v, &p->cols);
	wire_get_bool(v, &p->open_stdin);
	wire_get_bool(v, &p->no_new_privileges);
	wire_get_u64(v, &p->capabilities);
	r = get_rlimits(v, p);
	if (r < 0)
		return r;
	if (!p->args[0] || p->cwd[0] != '/')
		return -EBADMSG;
	*ret = take_ptr(p);
	return 0;
}
