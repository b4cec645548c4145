/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/layer-log.h"
#include "image/flatten/layer.h"

/**
 * layer_apply() - apply what was read of a layer, and clear the log
 * @number: of the layer; 1 for the base, each further layer one more
 *
 * May be called several times for a layer, with one part of it after the other.
 *
 * Return: 0; -EBADMSG when the layer is malformed, escapes, or goes over a limit; -ENOMEM; all with
 * a message.
 */
int layer_apply(struct tree *tree, struct layer_log *log, uint32_t number,
		const struct flatten_limits *limits, struct err *err);
