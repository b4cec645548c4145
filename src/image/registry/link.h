/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/** link_next() - where the next page of a list is, of the value of a Link header (RFC 8288).
 * @ret: an address, as it was given, owned; NULL: there is none.  Return: 0; -ENOMEM. */
int link_next(const char *value, char **ret);
