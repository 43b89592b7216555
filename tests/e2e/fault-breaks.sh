#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The PACS breaks off: what came is kept, the rest is asked for again.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
OPTIONS=(--stall-timeout 1)
fault "abort amid" "get move" all "retrieve-abort-after 10 times 1"
fault "abort amid an object" "get move" all "retrieve-abort-mid 11 times 1"
fault "socket closed amid" "get move" all "retrieve-close-after 10 times 1"
fault "socket closed amid an object" "get move" all "retrieve-close-mid 11 times 1"
fault "abort after every second object" "get move" all "retrieve-abort-after 2"
fault "one study always aborts" "get move" "lacks 8 failed" "retrieve-abort-after 0 study $STUDY" --retries 1
