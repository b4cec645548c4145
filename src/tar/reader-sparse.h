/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tar/reader-inner.h"

/** tar_read_gnu_map(), tar_read_pax_map() - fill in the current entry's extents.  Return: 0;
 * -EBADMSG; -ENOMEM; -errno. */
int tar_read_gnu_map(struct tar_reader *r, const struct tar_header *h, struct err *err);
int tar_read_pax_map(struct tar_reader *r, struct err *err);

/** tar_check_map() - do the extents hold exactly the member's data?  Return: 0; -EBADMSG. */
int tar_check_map(const struct tar_reader *r, struct err *err);
