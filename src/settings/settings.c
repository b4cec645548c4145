/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/settings.h"

#include <errno.h>
#include <string.h>

#include "base/ip.h"
#include "base/str.h"

#define RECLAIM_IDLE_SEC 120

int scheme_parse(const char *text, enum scheme *ret, struct err *err)
{
	if (streq(text, "auto"))
		*ret = SCHEME_AUTO;
	else if (streq(text, "http"))
		*ret = SCHEME_HTTP;
	else if (streq(text, "https"))
		*ret = SCHEME_HTTPS;
	else
		return err_set(err, -EINVAL, "invalid scheme \"%.40s\": it is http, https or auto",
			       text);
	return 0;
}

struct settings *settings_default(void)
{
	struct settings *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->refs = 1;
	s->reclaim_pressure = true;
	s->userland_proxy = true;
	s->reclaim_idle_sec = RECLAIM_IDLE_SEC;
	return s;
}

struct settings *settings_ref(struct settings *s)
{
	s->refs++;
	return s;
}

static void registry_reset(struct registry_settings *r)
{
	free(r->name);
	strv_free(r->mirrors);
}

static void policy_reset(struct signature_policy *p)
{
	free(p->name);
	strv_free(p->keys);
	free(p->identity);
}

void settings_unref(struct settings *s)
{
	if (!s || --s->refs > 0)
		return;
	for (size_t i = 0; i < s->n_registries; i++)
		registry_reset(&s->registries[i]);
	free(s->registries);
	for (size_t i = 0; i < s->n_signatures; i++)
		policy_reset(&s->signatures[i]);
	free(s->signatures);
	strv_free(s->insecure);
	strv_free(s->certificate_folders);
	free(s->proxies.http);
	free(s->proxies.https);
	free(s->proxies.none);
	free(s);
}

/* How many bytes of a name match a pattern: all of it, or a domain that it is in.  Return: 0: it
 * does not match. */
static size_t match_name(const char *pattern, const char *name)
{
	const char *domain = str_starts(pattern, "*");

	if (streq(pattern, name))
		return SIZE_MAX;
	return domain && str_ends(name, domain) ? strlen(domain) + 1 : 0;
}

const struct registry_settings *settings_registry(const struct settings *s, const char *name)
{
	const struct registry_settings *best = NULL;
	size_t most = 0;

	for (size_t i = 0; s && i < s->n_registries; i++) {
		size_t fit = match_name(s->registries[i].name, name);

		if (fit > most) {
			most = fit;
			best = &s->registries[i];
		}
	}
	return best;
}

/* The rest of the name REGISTRY/REPOSITORY after @prefix; NULL where it does not begin so. */
static const char *after_prefix(const char *prefix, const char *registry, const char *repository)
{
	const char *path = str_starts(prefix, registry), *rest;

	if (!path || (*path != '/' && *path != '\0'))
		return NULL;
	if (!*path)
		return repository;
	rest = str_starts(repository, path + 1);
	return rest && (*rest == '/' || *rest == '\0') ? rest : NULL;
}

/* As match_name(), for a name with a path; such matches rank before domains, and these before "*".
 */
static size_t match_image(const char *pattern, const char *registry, const char *repository)
{
	if (streq(pattern, "*"))
		return 1;
	if (*pattern == '*')
		return match_name(pattern, registry);
	return after_prefix(pattern, registry, repository) ? SIZE_MAX / 2 + strlen(pattern) : 0;
}

const struct signature_policy *settings_signatures(const struct settings *s, const char *registry,
						   const char *repository)
{
	const struct signature_policy *best = NULL;
	size_t most = 0;

	for (size_t i = 0; s && i < s->n_signatures; i++) {
		size_t fit = match_image(s->signatures[i].name, registry, repository);

		if (fit > most) {
			most = fit;
			best = &s->signatures[i];
		}
	}
	return best;
}

/* Parses "[fd00::1]:5000" and "10.1.2.3:5000" as addresses.  Return: 0; -EINVAL. */
static int address_of(const char *host, struct ip *ret)
{
	char text[IP_TEXT_MAX];
	bool bracket = *host == '[';
	size_t len = strcspn(host + bracket, bracket ? "]" : ":");

	if (len >= sizeof(text))
		return -EINVAL;
	memcpy(text, host + bracket, len);
	text[len] = '\0';
	return ip_parse(text, ret);
}

static bool is_in_network(const char *network, const char *host)
{
	struct ip_net net;
	struct ip ip;

	return ip_net_parse(network, &net) == 0 && address_of(host, &ip) == 0 &&
	       ip_net_has(&net, &ip);
}

/* Does the name mean this host, whatever the port? */
static bool is_host_of(const char *name, const char *host)
{
	const char *rest = str_starts(host, name);

	return rest && (*rest == '\0' || *rest == ':');
}

bool settings_is_insecure(const struct settings *s, const char *host)
{
	const struct registry_settings *r = settings_registry(s, host);

	if (r && r->insecure)
		return true;
	for (char **one = s ? s->insecure : NULL; one && *one; one++)
		if (match_name(*one, host) > 0 || is_in_network(*one, host) ||
		    (!strchr(*one, ':') && is_host_of(*one, host)))
			return true;
	return false;
}
