/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of the ledger as JSON objects: what tables and documents are made of. */
#pragma once

#include "core/ledger/attempts.h"
#include "core/ledger/owed.h"
#include "core/ledger/queries.h"
#include "core/ledger/studies.h"
#include "parse/json.h"

struct json *query_record(const struct ledger_query *);
struct json *study_record(const struct ledger_study *);
struct json *attempt_record(const struct ledger_attempt *);
struct json *hook_record(const struct ledger_hook *);
