/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/layer-log.h"
#include "image/flatten/layer.h"

/**
 * layer_apply() - apply the log of a layer, and clear it
 * @number: of the layer, from 1 for the base
 *
 * May be called several times for a layer, each time with the log's next part.
 *
 * Return: 0; -EBADMSG when the layer is malformed, escapes, or goes over a limit; -ENOMEM; all with
 * a message.
 */
int layer_apply(struct tree *tree, struct layer_log *log, uint32_t number,
		const struct flatten_limits *limits, struct err *err);
