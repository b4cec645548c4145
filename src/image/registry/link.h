/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/** link_next() - find the address of a list's next page in a Link header (RFC 8288).  @ret: the
 * address as given, owned; NULL: there is none.  Return: 0; -ENOMEM. */
int link_next(const char *value, char **ret);
