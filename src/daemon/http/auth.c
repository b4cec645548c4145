/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/http/auth.h"

#include <errno.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"

#define HEADER_MAX_BYTES 65536

void credentials_reset(struct credentials *c)
{
	if (c->password)
		explicit_bzero(c->password, strlen(c->password));
	free(c->username);
	free(c->password);
	*c = (struct credentials){ 0 };
}

static int take_text(const json_t *obj, const char *key, char **ret, struct err *err)
{
	const char *s;
	int r = json_get_str(obj, key, &s, err);

	if (r < 0 || !s || !*s)
		return r;
	*ret = strdup(s);
	return *ret ? 0 : err_nomem(err);
}

int credentials_read(const json_t *obj, struct credentials *ret, struct err *err)
{
	const char *token = NULL;
	int r = json_get_str(obj, "identitytoken", &token, err);

	if (r == 0 && token && *token)
		return err_set(err, -EOPNOTSUPP,
			       "moat does not support identity tokens: log in with a password");
	if (r == 0)
		r = take_text(obj, "username", &ret->username, err);
	if (r == 0)
		r = take_text(obj, "password", &ret->password, err);
	return r;
}

int credentials_parse(const char *header, struct credentials *ret, struct err *err)
{
	struct credentials c = { 0 };
	cleanup_json json_t *obj = NULL;
	struct buf text = BUF_INIT;
	int r;

	if (!header || !*header)
		return 0;
	r = strlen(header) > HEADER_MAX_BYTES ? -EINVAL : base64_decode(&text, header);
	if (r == 0 && text.len > 0)
		r = json_read(text.data, text.len, "X-Registry-Auth", &obj, NULL);
	if (text.data)
		explicit_bzero(text.data, text.len);
	buf_reset(&text);
	if (r < 0)
		return err_set(err, r == -ENOMEM ? r : -EINVAL,
			       "X-Registry-Auth is not base64url JSON");
	r = credentials_read(obj, &c, err);
	if (r < 0) {
		credentials_reset(&c);
		return r;
	}
	*ret = c;
	return 0;
}
