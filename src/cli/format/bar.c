/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/bar.h"

#include <stdio.h>
#include <string.h>

#include "cli/format/format.h"

#define WIDTH_MAX   30u /* of the bar between its brackets */
#define WIDTH_LEAST 8u
#define TIME_MAX    16

void bar_time(uint64_t seconds, char *ret)
{
	unsigned long long s = seconds;

	if (s < 60)
		snprintf(ret, TIME_MAX, "%llus", s);
	else if (s < 3600)
		snprintf(ret, TIME_MAX, "%llum%02llus", s / 60, s % 60);
	else if (s < 100 * 3600)
		snprintf(ret, TIME_MAX, "%lluh%02llum", s / 3600, s / 60 % 60);
	else
		snprintf(ret, TIME_MAX, "%llud", s / 86400 > 9999 ? 9999 : s / 86400);
}

static void put_amounts(const struct bar *b, char ret[BAR_MAX])
{
	char now[FORMAT_MAX], all[FORMAT_MAX];

	format_size(b->current_bytes, now);
	format_size(b->total_bytes, all);
	if (b->total_bytes)
		snprintf(ret, BAR_MAX, "%.15s/%.15s", now, all);
	else
		snprintf(ret, BAR_MAX, "%.15s", now);
}

static void put_speed(const struct bar *b, char ret[BAR_MAX])
{
	char speed[FORMAT_MAX];

	*ret = '\0';
	if (b->per_sec == RATE_UNKNOWN)
		return;
	format_size(b->per_sec, speed);
	snprintf(ret, BAR_MAX, " %.15s/s", speed);
}

static void put_left(const struct bar *b, char ret[BAR_MAX])
{
	char time[TIME_MAX];

	*ret = '\0';
	if (b->left_sec == RATE_UNKNOWN)
		return;
	bar_time(b->left_sec, time);
	snprintf(ret, BAR_MAX, " %s", time);
}

/* Makes "[===>  ] ", @width columns at most. */
static void put_bar(const struct bar *b, unsigned width, char ret[BAR_MAX])
{
	unsigned filled;
	char *at = ret;

	*ret = '\0';
	if (b->total_bytes == 0 || width < WIDTH_LEAST + 3)
		return;
	width = width - 3 < WIDTH_MAX ? width - 3 : WIDTH_MAX;
	filled = (unsigned)((double)b->current_bytes / (double)b->total_bytes * width);
	if (filled > width)
		filled = width;
	*at++ = '[';
	for (unsigned i = 0; i < width; i++)
		*at++ = i < filled ? '=' : i == filled ? '>' : ' ';
	strcpy(at, "] ");
}

/* Empties a piece that does not fit.  Return: the width that is left. */
static unsigned fit_piece(char *piece, unsigned width)
{
	size_t n = strlen(piece);

	if (n > width)
		*piece = '\0';
	return n > width ? 0 : width - (unsigned)n;
}

void bar_text(const struct bar *b, unsigned width, char *ret)
{
	char amounts[BAR_MAX], speed[BAR_MAX], left[BAR_MAX], bar[BAR_MAX];

	put_amounts(b, amounts);
	put_speed(b, speed);
	put_left(b, left);
	width = fit_piece(amounts, width);
	width = fit_piece(speed, width);
	width = fit_piece(left, width);
	put_bar(b, width, bar);
	snprintf(ret, BAR_MAX, "%.40s%.40s%.24s%.20s", bar, amounts, speed, left);
}
