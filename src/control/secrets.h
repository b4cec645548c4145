/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/secrets.h"

/* A container's secrets on their way from moatd to moat-shim, in binary form in a memfd. */

/** secrets_write() - write secrets into a new memfd.  @ret_fd: owned.  Return: 0; -ENOMEM; -errno.
 */
int secrets_write(const struct oci_secrets *s, int *ret_fd);

/** secrets_read() - read secrets from a memfd.  @ret: oci_secrets_reset(), on failure too.  Return:
 * 0; -EBADMSG; -ENOMEM; -errno. */
int secrets_read(int fd, struct oci_secrets *ret);
