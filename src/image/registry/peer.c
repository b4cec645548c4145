/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/str.h"

/*
 * Theory of operation: a registry's certificates lie in CERTS.D/HOST[:PORT], in the first of a few
 * folders that has HOST.  They are used for that host only, also when another host redirects to it.
 *
 * The folders are their owner's; the host was checked as part of an address, and is one name of a
 * path.
 */

#define PEM_MAX_BYTES MIB(1)

extern char **environ;

void peer_reset(struct peer *p)
{
	buf_reset(&p->authorities);
	free(p->certificate);
	free(p->key);
	free(p->proxy);
	free(p->no_proxy);
	*p = (struct peer){ 0 };
}

/* Lists the usual folders.  Return: owned; NULL when out of memory. */
static char **usual_folders(void)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char **list = NULL;
	int r = 0;

	if (config && *config == '/')
		r = strv_addf(&list, "%s/moat/certs.d", config);
	else if (home && *home == '/')
		r = strv_addf(&list, "%s/.config/moat/certs.d", home);
	if (r == 0)
		r = strv_add(&list, "/etc/moat/certs.d");
	if (r == 0)
		r = strv_add(&list, "/etc/docker/certs.d");
	if (r == 0)
		r = strv_add(&list, "/etc/containers/certs.d");
	if (r == 0)
		return list;
	strv_free(list);
	return NULL;
}

struct reading {
	const char *path; /* of the folder */
	struct peer *peer;
	struct err *err;
};

static int read_authority(int dir_fd, const char *name, const struct reading *rd)
{
	int r = file_read_at(dir_fd, name, PEM_MAX_BYTES, &rd->peer->authorities);

	if (r == 0)
		r = buf_adds(&rd->peer->authorities, "\n");
	return r < 0 ? err_errno(rd->err, r, "%s/%s", rd->path, name) : 0;
}

static int read_pair(int dir_fd, const char *name, const struct reading *rd)
{
	size_t stem = strlen(name) - strlen(".cert");
	cleanup_free char *key = str_printf("%.*s.key", (int)stem, name);

	if (!key)
		return err_nomem(rd->err);
	if (faccessat(dir_fd, key, R_OK, 0) < 0)
		return err_errno(rd->err, -errno, "%s/%s has no key: %s/%s", rd->path, name,
				 rd->path, key);
	if (rd->peer->certificate)
		return 0;
	rd->peer->certificate = str_printf("%s/%s", rd->path, name);
	rd->peer->key = str_printf("%s/%s", rd->path, key);
	return rd->peer->certificate && rd->peer->key ? 0 : err_nomem(rd->err);
}

static int read_one(int dir_fd, const char *name, void *arg)
{
	const struct reading *rd = arg;

	if (str_ends(name, ".crt"))
		return read_authority(dir_fd, name, rd);
	return str_ends(name, ".cert") ? read_pair(dir_fd, name, rd) : 0;
}

/* Reads the host's folder in @folder.  Return: 1 when there is one; 0; -errno with a message. */
static int read_folder(const char *folder, const char *host, struct peer *p, struct err *err)
{
	cleanup_free char *path = str_printf("%s/%s", folder, host);
	cleanup_close int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	struct reading rd = { path, p, err };
	int r;

	if (!path)
		return err_nomem(err);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_errno(err, -errno, "%s", path);
	r = path_each(fd, read_one, &rd);
	return r < 0 ? r : 1;
}

static int find_certificates(const struct settings *s, const char *host, struct peer *p,
			     struct err *err)
{
	cleanup_strv char **usual = NULL;
	char *const *list = s ? s->certificate_folders : NULL;
	int r = 0;

	if (!list)
		list = usual = usual_folders();
	if (!list)
		return err_nomem(err);
	for (; r == 0 && *list; list++)
		r = read_folder(*list, host, p, err);
	return r < 0 ? r : 0;
}

static const char *variable(char *const *env, const char *name)
{
	const char *value = env_get(env, name);

	return value && *value ? value : NULL;
}

const char *peer_proxy_of(char *const *env, bool is_https)
{
	static const char *const names[][4] = {
		{ "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY" },
		{ "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" },
	};
	const char *value = NULL;

	for (size_t i = 0; !value && i < ARRAY_SIZE(names[0]); i++)
		value = variable(env ? env : environ, names[is_https][i]);
	return value;
}

static int find_proxy(const struct settings *s, bool is_https, struct peer *p)
{
	const char *proxy, *none;

	if (s && s->has_proxies) {
		proxy = is_https ? s->proxies.https : s->proxies.http;
		none = s->proxies.none;
	} else {
		proxy = peer_proxy_of(NULL, is_https);
		none = variable(environ, "no_proxy");
		if (!none)
			none = variable(environ, "NO_PROXY");
	}
	p->proxy = strdup(proxy ? proxy : "");
	p->no_proxy = strdup(none ? none : "");
	return p->proxy && p->no_proxy ? 0 : -ENOMEM;
}

int peer_find(const struct settings *s, const char *host, bool is_https, struct peer *ret,
	      struct err *err)
{
	*ret = (struct peer){ .insecure = settings_is_insecure(s, host) };
	if (find_proxy(s, is_https, ret) < 0)
		return err_nomem(err);
	return is_https ? find_certificates(s, host, ret, err) : 0;
}

void peer_apply(const struct peer *p, CURL *c, bool is_here)
{
	curl_easy_setopt(c, CURLOPT_PROXY, is_here ? "" : p->proxy);
	curl_easy_setopt(c, CURLOPT_NOPROXY, p->no_proxy);
	if (p->insecure) {
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (p->authorities.len > 0) {
		/* CURLOPT_CAPATH keeps the system's authorities as well. */
		struct curl_blob blob = { .data = p->authorities.data,
					  .len = p->authorities.len,
					  .flags = CURL_BLOB_NOCOPY };

		curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &blob);
	}
	if (p->certificate) {
		curl_easy_setopt(c, CURLOPT_SSLCERT, p->certificate);
		curl_easy_setopt(c, CURLOPT_SSLKEY, p->key);
	}
}
