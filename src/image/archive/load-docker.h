/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/archive/load.h"

/** load_docker() - load the images of a `docker save` archive.  Return: as store_load(). */
int load_docker(struct load *l, struct err *err);
