#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The PACS loses objects, or fails to send them: what is missing is asked for again, and what it withholds is named.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
nothing='the PACS says success and sends nothing'
fault "silent loss, once" "get move" all "retrieve-lose $OBJECT times 1"
fault "silent loss, always" "get move" "lacks 1 1 of 8 objects missing: $nothing" "retrieve-lose $OBJECT"
fault "every third object lost" "get move" all "retrieve-lose every 3"
fault "whole study lost, once" "get move" all "retrieve-lose $STUDY times 8"
fault "object fails, once" "get move" all "retrieve-fail $OBJECT times 1"
fault "every object fails" "get move" "lacks 8 failed .*0xA702" "retrieve-fail $(echo "$ROOT".4.2.{1,2}.{1..4})"
[ "$(grep -cE '^(get|move) ' "$T/badpacs.log")" -le 14 ] || fail "each object was asked for alone"
fault "object fails, always" "get move" "lacks 1 1 of 8 objects missing: .*0xA702" "retrieve-fail $OBJECT"
fault "success that lies" "get move" all "retrieve-fail $OBJECT times 2
	retrieve-success-always"
fault "success that always lies" "get move" "lacks 1 1 of 8 objects missing" "retrieve-fail $OBJECT
	retrieve-success-always
	retrieve-no-failed-list"
fault "no counters" "get move" all "retrieve-no-counters
	retrieve-lose $OBJECT times 1"
fault "no pending responses" "get move" all "retrieve-no-pending
	retrieve-fail $OBJECT times 1"
unlisted="find-level-refuse IMAGE c000
	find-omit NumberOfStudyRelatedInstances NumberOfSeriesRelatedInstances"
fault "silent loss, once, nothing listed or counted" "get move" again "$unlisted
	retrieve-lose $OBJECT times 1"
fault "silent loss, always, nothing listed or counted" "get move" "unnamed 1 1 of 8 objects missing: the PACS counts 8 objects when it sends them, and 7 are here" "$unlisted
	retrieve-lose $OBJECT"
fault "no transfer ends well, count too small" "get move" "unnamed 0 no request for the whole study ended well" "find-level-refuse IMAGE c000
	find-lie-count -3
	retrieve-no-pending
	retrieve-abort-after 8 study $STUDY"
