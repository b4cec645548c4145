/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/redirect.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"

/*
 * Theory of operation: URLs are parsed by libcurl's own parser, so that the host judged here is the
 * one it would connect to: parsers differ on "http://127.0.0.1:80@host/".
 *
 * Whoever answers as a registry controls @to.
 */

enum { PART_SCHEME, PART_HOST, PART_PORT, N_PARTS };

struct parts {
	char *text[N_PARTS];
};

bool url_is_loopback(const char *host)
{
	size_t n = strcspn(host, ":/");
	char name[64];
	struct in_addr a;

	if (str_starts(host, "[::1]"))
		return true;
	if (n >= sizeof(name))
		return false;
	memcpy(name, host, n);
	name[n] = '\0';
	if (strcasecmp(name, "localhost") == 0)
		return true;
	return inet_pton(AF_INET, name, &a) == 1 && ntohl(a.s_addr) >> 24 == 127;
}

static void parts_reset(struct parts *p)
{
	for (size_t i = 0; i < N_PARTS; i++)
		curl_free(p->text[i]);
}

static int split_url(const char *url, struct parts *ret, struct err *err)
{
	static const CURLUPart wanted[] = { [PART_SCHEME] = CURLUPART_SCHEME,
					    [PART_HOST] = CURLUPART_HOST,
					    [PART_PORT] = CURLUPART_PORT };
	CURLU *u = curl_url();
	CURLUcode code = u ? curl_url_set(u, CURLUPART_URL, url, 0) : CURLUE_OUT_OF_MEMORY;

	for (size_t i = 0; code == CURLUE_OK && i < ARRAY_SIZE(wanted); i++)
		code = curl_url_get(u, wanted[i], &ret->text[i], CURLU_DEFAULT_PORT);
	curl_url_cleanup(u);
	if (code == CURLUE_OUT_OF_MEMORY)
		return err_nomem(err);
	if (code != CURLUE_OK)
		return err_set(err, -EPROTO, "redirection to %.200s refused: no address", url);
	return 0;
}

bool url_leads_here(const char *url)
{
	cleanup(parts_reset) struct parts p = { 0 };

	return split_url(url, &p, NULL) == 0 && url_is_loopback(p.text[PART_HOST]);
}

int url_authority(const char *url, char **ret_host, bool *ret_is_https, struct err *err)
{
	cleanup(parts_reset) struct parts p = { 0 };
	bool is_https, is_usual;
	int r = split_url(url, &p, err);

	if (r < 0)
		return r;
	is_https = strcasecmp(p.text[PART_SCHEME], "https") == 0;
	is_usual = streq(p.text[PART_PORT], is_https ? "443" : "80");
	*ret_host = str_printf("%s%s%s", p.text[PART_HOST], is_usual ? "" : ":",
			       is_usual ? "" : p.text[PART_PORT]);
	if (!*ret_host)
		return err_nomem(err);
	*ret_is_https = is_https;
	return 0;
}

/* May plain HTTP be spoken to this host? */
static bool may_be_plain(const struct parts *p, const struct settings *settings)
{
	cleanup_free char *host = str_printf("%s:%s", p->text[PART_HOST], p->text[PART_PORT]);

	return url_is_loopback(p->text[PART_HOST]) ||
	       settings_is_insecure(settings, p->text[PART_HOST]) ||
	       (host && settings_is_insecure(settings, host));
}

int redirect_check(const char *from, const char *to, const struct settings *settings,
		   bool *ret_same_host, struct err *err)
{
	cleanup(parts_reset) struct parts old = { 0 }, new = { 0 };
	bool plain, same = true;
	int r = split_url(from, &old, err);

	if (r == 0)
		r = split_url(to, &new, err);
	if (r < 0)
		return r;
	plain = strcasecmp(new.text[PART_SCHEME], "http") == 0;
	if (!plain && strcasecmp(new.text[PART_SCHEME], "https") != 0)
		return err_set(err, -EPROTO, "redirection to %.200s refused: not https", to);
	if (plain && strcasecmp(old.text[PART_SCHEME], "http") != 0)
		return err_set(err, -EPROTO,
			       "redirection to %.200s refused: https is not left for http", to);
	for (size_t i = 0; i < N_PARTS; i++)
		same = same && strcasecmp(old.text[i], new.text[i]) == 0;
	if (plain && strcasecmp(old.text[PART_HOST], new.text[PART_HOST]) != 0 &&
	    !may_be_plain(&new, settings))
		return err_set(
			err, -EPROTO,
			"redirection to %.200s refused: plain http is for this machine alone", to);
	*ret_same_host = same;
	return 0;
}

int url_resolve(const char *base, const char *location, const char *query, char **ret,
		struct err *err)
{
	CURLU *u = curl_url();
	CURLUcode code = u ? curl_url_set(u, CURLUPART_URL, base, 0) : CURLUE_OUT_OF_MEMORY;
	char *text = NULL;

	if (code == CURLUE_OK)
		code = curl_url_set(u, CURLUPART_URL, location, 0);
	if (code == CURLUE_OK && query)
		code = curl_url_set(u, CURLUPART_QUERY, query, CURLU_APPENDQUERY | CURLU_URLENCODE);
	if (code == CURLUE_OK)
		code = curl_url_get(u, CURLUPART_URL, &text, 0);
	curl_url_cleanup(u);
	if (code != CURLUE_OK && code != CURLUE_OUT_OF_MEMORY)
		return err_set(err, -EPROTO, "the registry leads to %.200s, which is no address",
			       location);
	*ret = text ? strdup(text) : NULL;
	curl_free(text);
	return *ret ? 0 : err_nomem(err);
}
