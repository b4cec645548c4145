/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/runtime.h"

/**
 * spec_names() - lines of /etc/hosts, and /etc/resolv.conf where it differs from the image's
 * Return: 0; -EINVAL or -EBADMSG with docker's message where it has one; -ENOMEM.
 */
int spec_names(const json_t *host, struct oci_options *o, struct err *err);

/** spec_gateway_hosts() - add lines of /etc/hosts for names given with "host-gateway".  @address:
 * the host's, as the container reaches it.  Return: 0; -EBADMSG; -ENOMEM. */
int spec_gateway_hosts(const json_t *host, const char *address, char ***lines, struct err *err);

/** spec_is_address() - is the text an address of IPv4 or IPv6? */
bool spec_is_address(const char *s);

/** spec_is_word() - is the text short, and without white space and control characters? */
bool spec_is_word(const char *s);
