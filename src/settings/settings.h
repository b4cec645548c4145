/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

/*
 * The settings of moatd, read from one file: JSON, with docker's names (daemon.json) where docker
 * has the same.  Described in docs/SETTINGS.md.
 */

enum scheme {
	SCHEME_AUTO, /* https, but what the registry speaks where certificates do not matter */
	SCHEME_HTTP,
	SCHEME_HTTPS,
};

/** scheme_parse() - "auto", "http" or "https".  Return: 0; -EINVAL with a message. */
int scheme_parse(const char *text, enum scheme *ret, struct err *err);

/* Settings of one registry, or of all in a domain. */
struct registry_settings {
	char *name; /* "registry.example:5000"; "*.example": all registries in this domain */
	enum scheme scheme;
	bool insecure;	/* certificates are not checked, and http is accepted */
	char **mirrors; /* "https://mirror.example/prefix", asked first */
};

struct proxy_settings {
	char *http, *https; /* for addresses of this kind; NULL: none */
	char *none;	    /* hosts, domains and networks that are reached without a proxy */
};

/* Who must have signed images whose names begin like this. */
struct signature_policy {
	char *name;	/* "registry.example/team", "*.example", or "*" for all */
	char **keys;	/* files of public keys, any of which may match; NULL: unsigned is fine */
	char *identity; /* the name that signatures have in place of @name; "*": any; NULL: @name */
};

/* Limits of one image; 0: the default. */
struct image_limits {
	uint64_t bytes;	  /* of its files */
	uint64_t entries; /* names */
	uint64_t memory;  /* bytes that names, link targets and attributes take */
	uint64_t ratio;	  /* a layer's unpacked size by its packed size */
};

struct settings {
	_Atomic unsigned refs;
	struct registry_settings *registries;
	size_t n_registries;
	char **insecure; /* registries, and networks as "10.0.0.0/8" */
	struct signature_policy *signatures;
	size_t n_signatures;
	bool has_proxies;
	struct proxy_settings proxies;
	char **certificate_folders; /* NULL: the usual ones */
	uint32_t max_downloads;	    /* layers at a time; 0: the default */
	uint32_t max_uploads;
	bool reclaim_pressure;	   /* guests drop their caches when the host wants memory */
	uint32_t reclaim_idle_sec; /* and when idle for so long; 0: never */
	bool userland_proxy; /* published ports: the host's own connections take the relay, too */
	struct image_limits image_limits;
};

/** settings_default() - the settings of an empty file.  Return: owned; NULL when out of memory. */
struct settings *settings_default(void);

struct settings *settings_ref(struct settings *s);
/** settings_unref() - NULL is accepted */
void settings_unref(struct settings *s);

/** settings_registry() - find the settings of a registry: by its name, or the longest domain it is
 * in.  @s: may be NULL.  Return: borrowed; NULL: there are none. */
const struct registry_settings *settings_registry(const struct settings *s, const char *name);

/** settings_is_insecure() - are the certificates of "HOST[:PORT]" not to be checked?  @s: may be
 * NULL. */
bool settings_is_insecure(const struct settings *s, const char *host);

/**
 * settings_signatures() - find the policy for an image's signatures: by the longest name it begins
 * with, else the longest domain its registry is in, else "*"
 * @s:          may be NULL
 * @registry:   "docker.io"
 * @repository: "library/alpine"
 *
 * Return: borrowed; NULL: there is none.
 */
const struct signature_policy *settings_signatures(const struct settings *s, const char *registry,
						   const char *repository);

DEFINE_CLEANUP(struct settings, settings_unref)
#define cleanup_settings cleanup(settings_unref_cleanup_fn)
