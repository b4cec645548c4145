/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * tsc_khz() - the rate of this processor's time stamp counter, in kHz, measured in a millisecond
 *
 * Return: 0 where there is no such counter.
 */
unsigned tsc_khz(void);
