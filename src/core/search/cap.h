/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May a number of answers be the limit of a PACS?  People set round limits: tens and powers of two. */
#pragma once

#include <stdbool.h>

bool cap_is_round(int rows);
/* The same for levels at which a wrong suspicion is dear: hundreds and powers of two from 128 on. */
bool cap_is_very_round(int rows);
