/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/search/cap.h"

#define TENS_MIN 10
#define POWERS_MIN 64
#define HUNDREDS_MIN 100

static bool is_power_of_two(int rows)
{
	return (rows & (rows - 1)) == 0;
}

bool cap_is_round(int rows)
{
	return (rows >= TENS_MIN && rows % 10 == 0) || (rows >= POWERS_MIN && is_power_of_two(rows));
}

bool cap_is_very_round(int rows)
{
	return rows >= HUNDREDS_MIN && (rows % 100 == 0 || is_power_of_two(rows));
}
