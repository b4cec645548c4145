/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/inside/keeper.h"

/** status_answer() - tell of everything there is (docs/NET.md, "status") */
void status_answer(struct keeper *k, struct call *call);

/** refused_answer() - tell how much was refused on a network (docs/NET.md, "refused") */
void refused_answer(struct keeper *k, struct call *call);
