/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/fetch-layers.h"
#include "image/registry/fetch.h"
#include "image/registry/mirror.h"

/**
 * pull_whole() - store all that an index leads to, and pin it
 * @f:     to fetch with
 * @index: as it was received
 *
 * Return: 0; as registry_manifest(), blob_put() and fetch_layers_run(); with a message.
 */
int pull_whole(const struct fetcher *f, const struct document *index, struct err *err);
