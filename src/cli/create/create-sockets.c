/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/create/create-sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/create/create-put.h"

/* moatd has another working directory.  The file need not exist. */
static char *absolute_path(const char *path)
{
	cleanup_free char *here = *path == '/' ? NULL : getcwd(NULL, 0);

	return *path == '/' ? strdup(path) : here ? str_printf("%s/%s", here, path) : NULL;
}

/* Adds HOST:CONTAINER; the container's path has no colon. */
static int add_socket(json_t *list, const char *text, struct err *err)
{
	const char *colon = strrchr(text, ':');
	cleanup_free char *host = NULL, *path = NULL;

	if (!colon || colon == text || colon[1] != '/')
		return err_set(err, -EINVAL,
			       "invalid socket \"%s\"; write HOST:CONTAINER, two paths, the second "
			       "one absolute",
			       text);
	host = strndup(text, (size_t)(colon - text));
	path = host ? absolute_path(host) : NULL;
	if (!path || json_array_append_new(list, json_pack("{s:s, s:s}", "Host", path, "Container",
							   colon + 1)) < 0)
		return err_set(err, -EINVAL, "socket \"%s\" is not UTF-8", text);
	return 0;
}

static int put_agent(json_t *ours, struct err *err)
{
	const char *path = getenv("SSH_AUTH_SOCK");

	if (!path || !*path)
		return err_set(err, -ENOENT,
			       "--ssh: there is no SSH agent here (SSH_AUTH_SOCK is not set); "
			       "start one with `eval \"$(ssh-agent)\"`");
	return create_put(ours, "SshAuthSock", json_string(path), err);
}

int create_put_sockets(const struct options *o, json_t *ours, struct err *err)
{
	cleanup_json json_t *list = json_array();
	const char *text;
	size_t cursor = 0;
	int r = list ? 0 : err_nomem(err);

	while (r == 0 && (text = options_next(o, "publish-socket", &cursor)))
		r = add_socket(list, text, err);
	if (r == 0 && json_array_size(list) > 0)
		r = create_put(ours, "Sockets", take_ptr(list), err);
	return r == 0 && options_flag(o, "ssh") ? put_agent(ours, err) : r;
}
