/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/json.h"

/* JSON values as YAML 1.2 in block style; what could be read as another type is quoted. */

/** yaml_write() - append a value as a document.  Return: 0; -ENOMEM. */
int yaml_write(struct buf *out, const json_t *value);

/** yaml_write_item() - append a value as an item of a list: items behind each other are a
 * document.  Return: 0; -ENOMEM. */
int yaml_write_item(struct buf *out, const json_t *value);
