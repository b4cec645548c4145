/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

/*
 * What one file says of how moatd is to behave: JSON, with docker's names (daemon.json) for what
 * docker has.  README "Settings" describes it.
 */

enum scheme {
	SCHEME_AUTO, /* https, and what the registry speaks where that is not needed */
	SCHEME_HTTP,
	SCHEME_HTTPS,
};

/** scheme_parse() - "auto", "http" or "https".  Return: 0; -EINVAL with a message. */
int scheme_parse(const char *text, enum scheme *ret, struct err *err);

/* Of one registry, or of all in a domain. */
struct registry_settings {
	char *name; /* "registry.example:5000"; "*.example" is all below */
	enum scheme scheme;
	bool insecure;	/* certificates are not checked, and http will do */
	char **mirrors; /* "https://mirror.example/prefix", asked first */
};

struct proxy_settings {
	char *http, *https; /* for addresses of this kind; NULL: none */
	char *none;	    /* hosts, domains and networks that are reached without */
};

/* Who must have signed the images whose names begin so. */
struct signature_policy {
	char *name;	/* "registry.example/team", "*.example", or "*" for all */
	char **keys;	/* files of public keys, one of which counts; NULL: nobody needs to */
	char *identity; /* what the signatures say in place of @name; "*": anything; NULL: @name */
};

/* How much one image may be; 0: the usual. */
struct image_limits {
	uint64_t bytes;	  /* of its files */
	uint64_t entries; /* names */
	uint64_t memory;  /* bytes that names, link targets and attributes take */
	uint64_t ratio;	  /* how many times its packed size a layer may unpack to */
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
	uint32_t max_downloads;	    /* layers at a time; 0: the usual number */
	uint32_t max_uploads;
	bool reclaim_pressure;	   /* guests drop their caches when the host wants memory */
	uint32_t reclaim_idle_sec; /* and when they were idle for so long; 0: they do not */
	struct image_limits image_limits;
};

/**
 * settings_parse() - read the text of the file
 * @ret: owned, settings_unref()
 *
 * Return: 0; -EINVAL with a message that names what is wrong; -ENOMEM.
 */
int settings_parse(const char *text, size_t len, struct settings **ret, struct err *err);

/** settings_default() - those of an empty file.  Return: owned; NULL when out of memory. */
struct settings *settings_default(void);

struct settings *settings_ref(struct settings *s);
/** settings_unref() - NULL is accepted */
void settings_unref(struct settings *s);

/** settings_registry() - what is said of a registry: by its name, or by the longest domain it is
 * in.  @s: may be NULL.  Return: borrowed; NULL: nothing. */
const struct registry_settings *settings_registry(const struct settings *s, const char *name);

/** settings_is_insecure() - is "HOST[:PORT]" one whose certificates are not checked?  @s: may be
 * NULL. */
bool settings_is_insecure(const struct settings *s, const char *host);

/**
 * settings_signatures() - what is demanded of an image's signatures: by the longest name it begins
 * with, else the longest domain its registry is in, else "*"
 * @s:          may be NULL
 * @registry:   "docker.io"
 * @repository: "library/alpine"
 *
 * Return: borrowed; NULL: nothing.
 */
const struct signature_policy *settings_signatures(const struct settings *s, const char *registry,
						   const char *repository);

DEFINE_CLEANUP(struct settings, settings_unref)
#define cleanup_settings cleanup(settings_unref_cleanup_fn)
