/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The parts of the rules that never change, as texts for nft. */

/* The whole table of family bridge. */
extern const char rules_guard[];

/* The table of family inet, up to the chain for what leaves; the rules of that chain, and its end,
 * have to follow. */
extern const char rules_filter[];
