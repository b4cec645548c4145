/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  --add-host and --dns end as text in two files of the container, so nothing
 * with white space or a line's end gets through.  "host-gateway" stands for the host itself, whose
 * address is known when the container starts.
 */
#include "daemon/spec/names.h"

#include <arpa/inet.h>
#include <errno.h>

#include "base/str.h"
#include "daemon/spec/config.h"
#include "daemon/spec/resolv.h"

#define WORD_MAX 253u /* characters of a domain name */

bool spec_is_word(const char *s)
{
	if (!*s || strlen(s) > WORD_MAX)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s == 0x7f)
			return false;
	return true;
}

bool spec_is_address(const char *s)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, s, address) == 1 || inet_pton(AF_INET6, s, address) == 1;
}

/* "NAME:ADDRESS"; IPv6 may stand in brackets. */
static int add_host(const char *text, char ***lines, struct err *err)
{
	cleanup_free char *name = strdup(text);
	char *address = name ? strchr(name, ':') : NULL;

	if (!name)
		return err_nomem(err);
	if (!address || address == name)
		return err_set(err, -EINVAL, "bad format for add-host: \"%s\"", text);
	*address++ = '\0';
	if (*address == '[' && str_ends(address, "]")) {
		address++;
		address[strlen(address) - 1] = '\0';
	}
	if (streq(address, CONFIG_HOST_GATEWAY) && spec_is_word(name))
		return 0;
	if (!spec_is_word(name) || !spec_is_address(address))
		return err_set(err, -EINVAL, "invalid %s in add-host: \"%s\"",
			       spec_is_word(name) ? "IP address" : "name", text);
	return strv_addf(lines, "%s\t%s", address, name) < 0 ? err_nomem(err) : 0;
}

static int make_hosts(const json_t *host, struct oci_options *o, struct err *err)
{
	cleanup_strv char **given = NULL;
	int r = json_get_strv(host, "ExtraHosts", &given, err);

	for (char **h = given; r == 0 && h && *h; h++)
		r = add_host(*h, &o->hosts, err);
	return r;
}

int spec_gateway_hosts(const json_t *host, const char *address, char ***lines, struct err *err)
{
	cleanup_strv char **given = NULL;
	int r = json_get_strv(host, "ExtraHosts", &given, err);

	for (char **h = given; r == 0 && h && *h; h++) {
		const char *colon = strchr(*h, ':');

		if (colon && streq(colon + 1, CONFIG_HOST_GATEWAY) &&
		    strv_addf(lines, "%s\t%.*s", address, (int)(colon - *h), *h) < 0)
			r = err_nomem(err);
	}
	return r;
}

int spec_names(const json_t *host, struct oci_options *o, struct err *err)
{
	int r = make_hosts(host, o, err);

	return r == 0 ? spec_resolv_conf(host, NULL, &o->resolv_conf, err) : r;
}
