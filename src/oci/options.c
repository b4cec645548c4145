/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options as they travel over the guest link.  Sent by the host, so the guest may trust
 * them; they are checked all the same, because the same code reads them in tests.
 */
#include "oci/options.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"

#define TMPFS_MAX	 256u
#define OOM_SCORE_OFFSET 1000 /* added to the score, as messages have no negative numbers */

void oci_options_reset(struct oci_options *o)
{
	free(o->domainname);
	strv_free(o->groups);
	strv_free(o->sysctls);
	strv_free(o->cgroup);
	strv_free(o->hosts);
	strv_free(o->sockets);
	free(o->resolv_conf);
	for (size_t i = 0; i < o->n_tmpfs; i++) {
		free(o->tmpfs[i].path);
		free(o->tmpfs[i].data);
	}
	free(o->tmpfs);
	oci_mounts_reset(&o->mounts);
	oci_secrets_reset(&o->secrets);
	buf_reset(&o->seccomp);
	*o = (struct oci_options){ 0 };
}

static bool is_text(const char *s)
{
	return s && *s;
}

bool oci_options_is_empty(const struct oci_options *o)
{
	return !o->init && !o->privileged && o->oom_score_adj == 0 && !is_text(o->domainname) &&
	       strv_len(o->groups) == 0 && strv_len(o->sysctls) == 0 && strv_len(o->cgroup) == 0 &&
	       strv_len(o->hosts) == 0 && strv_len(o->sockets) == 0 && !is_text(o->resolv_conf) &&
	       o->n_tmpfs == 0 && o->mounts.n == 0 && o->secrets.n == 0 && o->seccomp.len == 0;
}

static int put_tmpfs(struct buf *b, const struct oci_options *o)
{
	int r = wire_put_u32(b, (uint32_t)o->n_tmpfs);

	for (size_t i = 0; r == 0 && i < o->n_tmpfs; i++) {
		if (wire_put_str(b, o->tmpfs[i].path) < 0 || wire_put_u64(b, o->tmpfs[i].flags) < 0)
			return -ENOMEM;
		r = wire_put_str(b, o->tmpfs[i].data);
	}
	return r;
}

int oci_options_put(struct buf *b, const struct oci_options *o)
{
	if (wire_put_u8(b, o->init) < 0 || wire_put_u8(b, o->privileged) < 0 ||
	    wire_put_u16(b, (uint16_t)(o->oom_score_adj + OOM_SCORE_OFFSET)) < 0 ||
	    wire_put_str(b, o->domainname) < 0 || wire_put_strv(b, o->groups) < 0 ||
	    wire_put_strv(b, o->sysctls) < 0 || wire_put_strv(b, o->cgroup) < 0 ||
	    wire_put_strv(b, o->hosts) < 0 || wire_put_strv(b, o->sockets) < 0 ||
	    wire_put_str(b, o->resolv_conf) < 0 || put_tmpfs(b, o) < 0 ||
	    oci_mounts_put(b, &o->mounts) < 0 || oci_secrets_put(b, &o->secrets) < 0)
		return -ENOMEM;
	return wire_put_bytes(b, o->seccomp.data, o->seccomp.len);
}

static int get_flags(struct wire_view *v, struct oci_options *o)
{
	uint16_t score;
	int r;

	wire_get_bool(v, &o->init);
	wire_get_bool(v, &o->privileged);
	r = wire_get_u16(v, &score);
	if (r < 0)
		return r;
	if (score > 2 * OOM_SCORE_OFFSET)
		return -EBADMSG;
	o->oom_score_adj = (int32_t)score - OOM_SCORE_OFFSET;
	return wire_get_str(v, &o->domainname);
}

static int get_lists(struct wire_view *v, struct oci_options *o)
{
	char ***const lists[] = { &o->groups, &o->sysctls, &o->cgroup, &o->hosts, &o->sockets };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(lists); i++)
		r = wire_get_strv(v, lists[i]);
	for (char **path = o->sockets; r == 0 && path && *path; path++)
		if (**path != '/' || path - o->sockets >= (ptrdiff_t)OCI_SOCKETS_MAX)
			r = -EBADMSG;
	return r;
}

static int get_tmpfs(struct wire_view *v, struct oci_options *o)
{
	uint32_t n;
	int r = wire_get_u32(v, &n);

	if (r < 0 || n == 0)
		return r;
	if (n > TMPFS_MAX)
		return -EBADMSG;
	o->tmpfs = calloc(n, sizeof(*o->tmpfs));
	if (!o->tmpfs)
		return -ENOMEM;
	while (r == 0 && o->n_tmpfs < n) {
		struct oci_tmpfs *t = &o->tmpfs[o->n_tmpfs++];

		wire_get_str(v, &t->path);
		wire_get_u64(v, &t->flags);
		r = wire_get_str(v, &t->data);
		if (r == 0 && t->path[0] != '/')
			r = -EBADMSG;
	}
	return r;
}

static int get_seccomp(struct wire_view *v, struct oci_options *o)
{
	struct wire_view filter;
	int r = wire_get_bytes(v, &filter);

	if (r < 0)
		return r;
	if (filter.len % sizeof(struct sock_filter) != 0 ||
	    filter.len / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return -EBADMSG;
	return filter.len > 0 ? buf_add(&o->seccomp, filter.data, filter.len) : 0;
}

int oci_options_get(struct wire_view payload, struct oci_options *ret)
{
	cleanup(oci_options_reset) struct oci_options o = { 0 };
	int r = get_flags(&payload, &o);

	if (r == 0)
		r = get_lists(&payload, &o);
	if (r == 0)
		r = wire_get_str(&payload, &o.resolv_conf);
	if (r == 0)
		r = get_tmpfs(&payload, &o);
	if (r == 0)
		r = oci_mounts_get(&payload, &o.mounts);
	if (r == 0)
		r = oci_secrets_get(&payload, &o.secrets);
	if (r == 0)
		r = get_seccomp(&payload, &o);
	if (r < 0)
		return r;
	if (payload.len > 0)
		return -EBADMSG;
	*ret = take_struct(o);
	return 0;
}
