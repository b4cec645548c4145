/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/secrets.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "control/secrets.h"
#include "daemon/container/stored.h"
#include "daemon/container/table.h"
#include "daemon/secret/secrets.h"

int container_secrets_check(struct containers *t, const json_t *host, struct err *err)
{
	cleanup(secret_uses_reset) struct secret_uses uses = { 0 };
	int r = secret_uses_read(host, &uses, err);

	for (size_t i = 0; r == 0 && i < uses.n; i++) {
		cleanup_json json_t *secret = NULL;

		r = secret_inspect(t->secrets, uses.items[i].name, &secret, err);
	}
	/* A client would take -ENOENT for a missing image. */
	if (r == -ENOENT)
		r = err->code = -EINVAL;
	return r;
}

static int get_secret(struct containers *t, const struct secret_use *use, struct oci_secrets *ret,
		      struct err *err)
{
	struct oci_secret *s = oci_secrets_add(ret);

	if (!s)
		return err_nomem(err);
	s->uid = use->uid;
	s->gid = use->gid;
	s->mode = use->mode;
	s->path = strdup(use->path);
	return s->path ? secret_value(t->secrets, use->name, &s->data, err) : err_nomem(err);
}

int container_secrets_get(struct containers *t, const struct secret_uses *uses, int *ret_fd,
			  struct err *err)
{
	cleanup(oci_secrets_reset) struct oci_secrets secrets = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < uses->n; i++)
		r = get_secret(t, &uses->items[i], &secrets, err);
	if (r < 0)
		return r;
	r = secrets_write(&secrets, ret_fd);
	return r < 0 ? err_errno(err, r, "secrets") : 0;
}

static int note_user(const struct container *c, const char *secret, char ***ret, struct err *err)
{
	cleanup(secret_uses_reset) struct secret_uses uses = { 0 };
	cleanup(stored_reset) struct stored stored = { 0 };
	int r = stored_read(c->table->state, c->rec.id, &stored, err);

	/* The container was removed meanwhile. */
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = secret_uses_read(stored.host, &uses, err);
	for (size_t i = 0; r == 0 && i < uses.n; i++)
		if (streq(uses.items[i].name, secret) && strv_add(ret, c->rec.name) < 0)
			r = err_nomem(err);
	return r;
}

int containers_with_secret(struct containers *t, const char *secret, char ***ret, struct err *err)
{
	cleanup_strv char **users = NULL;
	struct container **list = NULL;
	size_t n = 0;
	int r = containers_list(t, &list, &n);

	if (r < 0)
		return err_errno(err, r, "containers");
	for (size_t i = 0; r == 0 && i < n; i++)
		r = note_user(list[i], secret, &users, err);
	containers_list_free(list, n);
	if (r == 0)
		*ret = take_ptr(users);
	return r;
}
