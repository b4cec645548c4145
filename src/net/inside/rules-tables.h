/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The parts of the rules that are always the same, as texts for nft. */

/* The whole table of family bridge. */
extern const char rules_guard[];

/* The table of family inet, up to the chain for what leaves, whose rules and end have to follow. */
extern const char rules_filter[];
