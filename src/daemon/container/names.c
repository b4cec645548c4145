/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/names.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/str.h"
#include "daemon/spec/names.h"
#include "daemon/spec/resolv.h"

#define HOST_RESOLV_CONF "/etc/resolv.conf"
#define RESOLV_MAX_BYTES KIB(64)

void container_names_reset(struct container_names *n)
{
	strv_free(n->hosts);
	free(n->resolv_conf);
	*n = (struct container_names){ 0 };
}

/* Reads the host's resolv.conf, of which only the search domains are of use. */
static int read_resolver(const struct wiring *w, struct resolver *ret)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;

	if (strv_copy(w->servers, &ret->servers) < 0)
		return -ENOMEM;
	if (file_read_at(AT_FDCWD, HOST_RESOLV_CONF, RESOLV_MAX_BYTES, &text) < 0 || text.len == 0)
		return 0;
	return resolver_read(text.data, ret);
}

/* @extra: lines that config.json already has */
static int make_hosts(const json_t *host, char *const *extra, const struct wiring *w, char ***ret,
		      struct err *err)
{
	char gateway[IP_TEXT_MAX];
	int r = strv_copy(extra, ret);

	ip_format(&w->host, gateway);
	if (r == 0 && *gateway)
		r = spec_gateway_hosts(host, gateway, ret, err);
	for (char **line = w->hosts; r == 0 && line && *line; line++)
		r = strv_add(ret, *line);
	return r == -ENOMEM ? err_nomem(err) : r;
}

static bool wants_no_dns(const json_t *host)
{
	return json_is_true(json_object_get(json_object_get(host, "Moat"), "NoDns"));
}

int container_names_of(const struct stored *s, const struct wiring *w, struct container_names *ret,
		       struct err *err)
{
	cleanup(container_names_reset) struct container_names n = { 0 };
	cleanup(resolver_reset) struct resolver net = { 0 };
	int r = make_hosts(s->host, s->rt->options.hosts, w, &n.hosts, err);

	if (r == 0 && !wants_no_dns(s->host)) {
		r = read_resolver(w, &net) < 0 ? err_nomem(err) : 0;
		if (r == 0)
			r = spec_resolv_conf(s->host, &net, &n.resolv_conf, err);
	}
	if (r < 0)
		return r;
	*ret = take_struct(n);
	return 0;
}

int container_names_put(struct stored *s, const struct wiring *w, struct err *err)
{
	cleanup(container_names_reset) struct container_names n = { 0 };
	struct oci_options *options = &s->rt->options;
	int r = container_names_of(s, w, &n, err);

	if (r < 0)
		return r;
	strv_free(options->hosts);
	options->hosts = take_ptr(n.hosts);
	free(options->resolv_conf);
	options->resolv_conf = take_ptr(n.resolv_conf);
	return 0;
}
