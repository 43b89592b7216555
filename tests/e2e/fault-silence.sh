#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The PACS falls silent or breaks off: what came is kept, the rest is asked for again.
. "${srcdir:-.}/tests/lib.sh"
. "$tests_dir/faults.sh"

make_data
OPTIONS=(--stall-timeout 1 --first-timeout 1)
fault "stall before the first object" "get move" all "retrieve-stall-first 60 times 1"
fault "stall amid" "get move" all "retrieve-stall-after 10 60 times 1"
fault "stall amid an object" "get move" all "retrieve-stall-mid 11 times 1"
fault "abort amid" "get move" all "retrieve-abort-after 10 times 1"
fault "abort amid an object" "get move" all "retrieve-abort-mid 11 times 1"
fault "socket closed amid" "get move" all "retrieve-close-after 10 times 1"
fault "socket closed amid an object" "get move" all "retrieve-close-mid 11 times 1"
fault "abort after every second object" "get move" all "retrieve-abort-after 2"
fault "one study always stalls" "get move" "lacks 8 failed .*within 1 s" "retrieve-stall-first 60 study $STUDY" --retries 1
fault "one study always aborts" "get move" "lacks 8 failed" "retrieve-abort-after 0 study $STUDY" --retries 1
