/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sqlite3.h>

#include "base/err.h"

/** schema_prepare() - make the tables, or those that an older moat lacked.  Return: 0; -EPROTO with
 * a message when a newer moat wrote the file; -EIO, -ENOSPC with a message. */
int schema_prepare(sqlite3 *db, struct err *err);
