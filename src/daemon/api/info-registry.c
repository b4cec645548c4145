/* SPDX-License-Identifier: Apache-2.0 */
/* How registries are reached, for /info. */
#include <string.h>

#include "base/ip.h"
#include "base/json-object.h"
#include "base/str.h"
#include "daemon/api/api.h"
#include "image/registry/peer.h"

#define HUB "docker.io"

/* Lists networks; docker's clients take an address for a network of its own. */
static json_t *list_networks(const struct settings *s)
{
	json_t *list = json_pack("[s, s]", "::1/128", "127.0.0.0/8");
	struct ip_net net;

	for (char **one = s->insecure; list && one && *one; one++)
		if (ip_net_parse(*one, &net) == 0)
			json_array_append_new(list, json_string(*one));
	return list;
}

static json_t *describe_index(const char *name, char *const *mirrors, bool secure)
{
	return JSON_OBJECT(
		member_text("Name", name), member_json("Mirrors", json_from_strv(mirrors)),
		member_bool("Secure", secure), member_bool("Official", streq(name, HUB)));
}

static json_t *list_indexes(const struct settings *s)
{
	json_t *indexes = json_object();
	struct ip_net net;

	json_object_set_new(indexes, HUB, describe_index(HUB, NULL, true));
	for (char **one = s->insecure; one && *one; one++)
		if (ip_net_parse(*one, &net) < 0)
			json_object_set_new(indexes, *one, describe_index(*one, NULL, false));
	for (size_t i = 0; i < s->n_registries; i++) {
		const struct registry_settings *r = &s->registries[i];

		json_object_set_new(indexes, r->name,
				    describe_index(r->name, r->mirrors, !r->insecure));
	}
	return indexes;
}

json_t *api_registry_config(const struct settings *s)
{
	const struct registry_settings *hub = settings_registry(s, HUB);

	return JSON_OBJECT(member_json("InsecureRegistryCIDRs", list_networks(s)),
			   member_json("IndexConfigs", list_indexes(s)),
			   member_json("Mirrors", json_from_strv(hub ? hub->mirrors : NULL)));
}

/* A proxy's address without its password. */
static json_t *proxy_text(const char *text)
{
	const char *host = text ? strrchr(text, '@') : NULL;
	const char *scheme = text ? strstr(text, "://") : NULL;

	if (!host)
		return json_string(text ? text : "");
	return json_sprintf("%.*sxxxxx:xxxxx%s", scheme ? (int)(scheme + 3 - text) : 0, text, host);
}

json_t *api_proxies(const struct settings *s)
{
	const struct proxy_settings *p = &s->proxies;
	const char *none = getenv("no_proxy");

	if (s->has_proxies)
		return JSON_OBJECT(member_json("HttpProxy", proxy_text(p->http)),
				   member_json("HttpsProxy", proxy_text(p->https)),
				   member_json("NoProxy", proxy_text(p->none)));
	if (!none)
		none = getenv("NO_PROXY");
	return JSON_OBJECT(member_json("HttpProxy", proxy_text(peer_proxy_of(NULL, false))),
			   member_json("HttpsProxy", proxy_text(peer_proxy_of(NULL, true))),
			   member_json("NoProxy", proxy_text(none)));
}
