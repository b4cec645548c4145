/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/network-json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-object.h"
#include "base/str.h"
#include "oci/network-check.h"

static int read_name(const json_t *obj, struct oci_interface *i, struct err *err)
{
	const char *name;
	int r = json_get_str(obj, "name", &name, err);

	if (r < 0)
		return r;
	if (!name || strlen(name) > OCI_INTERFACE_NAME_MAX)
		return err_set(err, -EINVAL, "\"name\" must be 1 to %u characters",
			       OCI_INTERFACE_NAME_MAX);
	memcpy(i->name, name, strlen(name) + 1);
	return 0;
}

static int read_mac(const json_t *obj, struct oci_interface *i, struct err *err)
{
	const char *mac;
	int r = json_get_str(obj, "mac", &mac, err);

	if (r < 0)
		return r;
	if (!mac || mac_parse(mac, i->mac) < 0)
		return err_set(err, -EINVAL, "\"mac\" must be a MAC address of a device");
	return 0;
}

static int read_number(const json_t *obj, const char *key, int64_t max, int64_t *ret,
		       struct err *err)
{
	int r = json_get_i64(obj, key, ret, err);

	if (r == 0 && (*ret < 0 || *ret > max))
		r = err_set(err, -EINVAL, "\"%s\" must be 0 to %lld", key, (long long)max);
	return r;
}

static int read_link(const json_t *obj, struct oci_interface *i, struct err *err)
{
	int64_t slot = 0, mtu = OCI_MTU_DEFAULT;
	int r = read_number(obj, "slot", OCI_INTERFACES_MAX - 1, &slot, err);

	if (r == 0)
		r = read_number(obj, "mtu", OCI_MTU_MAX, &mtu, err);
	if (r == 0)
		r = read_name(obj, i, err);
	if (r < 0)
		return r;
	i->slot = (uint8_t)slot;
	i->mtu = (uint32_t)mtu;
	return read_mac(obj, i, err);
}

static int read_interface(const json_t *obj, struct oci_interface *i, struct err *err)
{
	int r = read_link(obj, i, err);

	if (r == 0)
		r = json_get_strv(obj, "addresses", &i->addresses, err);
	if (r == 0)
		r = json_get_text(obj, "gateway4", &i->gateway4, err);
	if (r == 0)
		r = json_get_text(obj, "gateway6", &i->gateway6, err);
	if (r == 0)
		r = json_get_strv(obj, "routes", &i->routes, err);
	return r == 0 ? json_get_strv(obj, "sysctls", &i->sysctls, err) : r;
}

static int read_interfaces(const json_t *list, struct oci_network *n, struct err *err)
{
	json_t *item;
	size_t i;
	int r = 0;

	if (json_array_size(list) > OCI_INTERFACES_MAX)
		return err_set(err, -EINVAL, "\"interfaces\" may be %u at most",
			       OCI_INTERFACES_MAX);
	n->interfaces = calloc(json_array_size(list) + 1, sizeof(*n->interfaces));
	if (!n->interfaces)
		return err_nomem(err);
	json_array_foreach (list, i, item) {
		if (r == 0)
			r = read_interface(item, &n->interfaces[n->n++], err);
	}
	return r;
}

int oci_network_read(const json_t *obj, struct oci_network *ret, struct err *err)
{
	cleanup(oci_network_reset) struct oci_network n = { 0 };
	json_t *list;
	int r = json_get_array(obj, "interfaces", &list, err);

	if (r == 0 && list)
		r = read_interfaces(list, &n, err);
	if (r == 0)
		r = oci_network_check(&n, err);
	if (r < 0)
		return r;
	*ret = take_struct(n);
	return 0;
}

/* A list of texts that is left out where it is empty. */
static struct json_member member_texts(const char *key, char *const *v)
{
	bool any = strv_len(v) > 0;

	return (struct json_member){ key, any ? json_from_strv(v) : NULL, !any };
}

static struct json_member member_host(const char *key, const char *text)
{
	bool any = text && *text;

	return (struct json_member){ key, any ? json_string(text) : NULL, !any };
}

static json_t *write_interface(const struct oci_interface *i)
{
	char mac[MAC_TEXT_MAX];

	mac_format(i->mac, mac);
	return JSON_OBJECT(
		member_int("slot", i->slot), member_text("name", i->name), member_text("mac", mac),
		member_int("mtu", i->mtu), member_texts("addresses", i->addresses),
		member_host("gateway4", i->gateway4), member_host("gateway6", i->gateway6),
		member_texts("routes", i->routes), member_texts("sysctls", i->sysctls));
}

json_t *oci_network_write(const struct oci_network *n)
{
	cleanup_json json_t *list = json_array();

	if (!list)
		return NULL;
	for (size_t i = 0; i < n->n; i++)
		if (json_array_append_new(list, write_interface(&n->interfaces[i])) < 0)
			return NULL;
	return JSON_OBJECT(member_ref("interfaces", list));
}
