/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets of containers.  docker has secrets only in a swarm; routes and documents are like its
 * own. */
#include <errno.h>

#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/container/secrets.h"
#include "daemon/secret/secrets.h"

int api_secrets(struct request *rq, struct reply *rp, struct err *err)
{
	json_t *list = NULL;
	int r = secrets_list(rq->api->containers->secrets, &list, err);

	return r < 0 ? r : reply_json(rp, 200, list, err);
}

int api_secret_inspect(struct request *rq, struct reply *rp, struct err *err)
{
	json_t *secret = NULL;
	int r = secret_inspect(rq->api->containers->secrets, rq->target, &secret, err);

	return r < 0 ? r : reply_json(rp, 200, secret, err);
}

static int read_new(const json_t *body, struct secret_new *ret, struct err *err)
{
	int r = json_get_str(body, "Name", &ret->name, err);

	if (r == 0)
		r = json_get_str(body, "Data", &ret->value, err);
	if (r == 0)
		r = json_get_str(body, "Store", &ret->store, err);
	if (r == 0)
		r = json_get_object(body, "Labels", &ret->labels, err);
	if (r == 0 && (!ret->name || !ret->value))
		r = err_set(err, -EINVAL, "Name and Data must be given");
	return r;
}

/* {"Name","Labels","Data" (base64),"Store"} */
int api_secret_create(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_json json_t *body = NULL;
	struct secret_new new = { 0 };
	char id[SECRET_ID_LEN + 1];
	int r = request_json(rq, &body, err);

	if (r == 0)
		r = read_new(body, &new, err);
	if (r == 0)
		r = secret_create(rq->api->containers->secrets, &new, id, err);
	/* A client would take -ENOENT for a missing secret. */
	if (r == -ENOENT)
		r = err->code = -EINVAL;
	return r < 0 ? r : reply_json(rp, 201, json_pack("{s:s}", "ID", id), err);
}

static int refuse_in_use(const char *name, char *const *users, struct err *err)
{
	return err_set(err, -EBUSY, "secret %s is in use by container %s%s: remove %s first", name,
		       users[0], users[1] ? " and others" : "", users[1] ? "them" : "it");
}

int api_secret_remove(struct request *rq, struct reply *rp, struct err *err)
{
	struct secrets *secrets = rq->api->containers->secrets;
	cleanup_json json_t *secret = NULL;
	cleanup_strv char **users = NULL;
	const char *name;
	int r = secret_inspect(secrets, rq->target, &secret, err);

	if (r < 0)
		return r;
	name = json_string_value(json_object_get(json_object_get(secret, "Spec"), "Name"));
	r = containers_with_secret(rq->api->containers, name, &users, err);
	if (r == 0 && strv_len(users) > 0)
		r = refuse_in_use(name, users, err);
	if (r == 0)
		r = secret_remove(secrets, name, err);
	return r < 0 ? r : reply_empty(rp, 204);
}
