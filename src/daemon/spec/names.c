/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  --add-host and --dns end as text in two files of the container, so nothing
 * with white space or a line's end gets through.  The name "host-gateway" for the host itself is
 * kept in HostConfig; there is no address for it yet.
 */
#include "daemon/spec/names.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>

#include "base/buf.h"
#include "base/str.h"
#include "daemon/spec/config.h"

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

static bool is_address(const char *s)
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
	if (streq(address, CONFIG_HOST_GATEWAY))
		return 0;
	if (!spec_is_word(name) || !is_address(address))
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

/* One line with all the words behind its key. */
static int add_line(struct buf *b, const char *key, char *const *words, struct err *err)
{
	if (strv_len(words) == 0)
		return 0;
	if (buf_adds(b, key) < 0)
		return err_nomem(err);
	for (; *words; words++) {
		if (!spec_is_word(*words))
			return err_set(err, -EINVAL,
				       "invalid word for \"%s\" in resolv.conf: \"%s\"", key,
				       *words);
		if (buf_addf(b, " %s", *words) < 0)
			return err_nomem(err);
	}
	return buf_add(b, "\n", 1) < 0 ? err_nomem(err) : 0;
}

static int make_resolv(const json_t *host, struct oci_options *o, struct err *err)
{
	cleanup_strv char **servers = NULL, **search = NULL, **options = NULL;
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = json_get_strv(host, "Dns", &servers, err);

	if (r == 0)
		r = json_get_strv(host, "DnsSearch", &search, err);
	if (r == 0)
		r = json_get_strv(host, "DnsOptions", &options, err);
	if (r < 0 || strv_len(servers) + strv_len(search) + strv_len(options) == 0)
		return r;
	for (char **s = servers; s && *s; s++) {
		if (!is_address(*s))
			return err_set(err, -EINVAL, "invalid DNS server \"%s\": not an IP address",
				       *s);
		if (buf_addf(&b, "nameserver %s\n", *s) < 0)
			return err_nomem(err);
	}
	if (search)
		strv_remove(search, "."); /* docker's way to have none */
	r = add_line(&b, "search", search, err);
	if (r == 0)
		r = add_line(&b, "options", options, err);
	if (r == 0 && b.len == 0 && buf_adds(&b, "# no name servers\n") < 0)
		r = err_nomem(err);
	if (r == 0)
		o->resolv_conf = buf_take(&b);
	return r < 0 || o->resolv_conf ? r : err_nomem(err);
}

int spec_names(const json_t *host, struct oci_options *o, struct err *err)
{
	int r = make_hosts(host, o, err);

	return r == 0 ? make_resolv(host, o, err) : r;
}
