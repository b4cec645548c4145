/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/runtime.h"

/* Unix sockets between host and container, in HostConfig's Moat: docker has no words for them. */

#define SPEC_AGENT_PATH "/run/host-services/ssh-auth.sock" /* in the container */
#define SPEC_AGENT_KEY	"SSH_AUTH_SOCK"

/* A socket of the host's that leads to one in the container; borrowed from the document. */
struct socket_binding {
	const char *host, *container; /* absolute paths */
};

struct socket_plan {
	struct socket_binding bindings[OCI_SOCKETS_MAX];
	size_t n;
	const char *agent; /* socket of the host's, at SPEC_AGENT_PATH in the container; NULL */
};

/** socket_plan_read() - read Moat.Sockets, [{"Host","Container"}], and Moat.SshAuthSock.  @ret:
 * borrowed from @host.  Return: 0; -EINVAL, -EBADMSG with a message. */
int socket_plan_read(const json_t *host, struct socket_plan *ret, struct err *err);

/** spec_sockets() - the part of these that the guest has to know.  Return: as socket_plan_read();
 * -ENOMEM. */
int spec_sockets(const json_t *host, struct oci_runtime *rt, struct err *err);
