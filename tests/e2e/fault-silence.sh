#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The PACS falls silent: what came is kept, the rest is asked for again.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
OPTIONS=(--stall-timeout 1 --first-timeout 1)
fault "stall before the first object" "get move" all "retrieve-stall-first 60 times 1"
fault "stall amid" "get move" all "retrieve-stall-after 10 60 times 1"
fault "stall amid an object" "get move" all "retrieve-stall-mid 11 times 1"
fault "one study always stalls" "get move" "lacks 8 failed .*within 1 s" "retrieve-stall-first 60 study $STUDY" --retries 1
