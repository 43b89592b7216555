#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The PACS tells what it has in odd ways, or not at all: the proof is as good as what it tells.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
lost="retrieve-lose $OBJECT times 1"
fault "queries for lists refused" "get move" all "find-no-lists a900
	$lost"
fault "image queries need their parents" "get move" all "find-image-needs-parents
	$lost"
fault "image queries refused" "get move" again "find-level-refuse IMAGE c000
	$lost"
fault "image and series queries refused" "get move" again "find-level-refuse IMAGE c000
	find-level-refuse SERIES c000
	$lost"
fault "counts missing" "get move" all "find-omit NumberOfStudyRelatedInstances NumberOfSeriesRelatedInstances
	$lost"
fault "counts and lists missing" "get move" all "find-omit NumberOfStudyRelatedInstances NumberOfSeriesRelatedInstances
	find-level-refuse IMAGE c000"
fault "counts too large" "get move" all "find-lie-count 3
	$lost"
fault "counts too small" "get move" all "find-lie-count -3
	$lost"
fault "padded UIDs" "get move" all "find-pad-uids
	$lost"
fault "rows twice" "get move" all "find-duplicate-rows
	$lost"
fault "lists cut short" "get move" all "find-cap 20 silent level IMAGE
	$lost"
fault "lists cut short, of series too" "get move" all "find-cap 3 silent level IMAGE"
fault "lists without Study Instance UID" "get move" all "find-omit StudyInstanceUID level IMAGE
	$lost"
fault "lists break off" "get move" all "find-abort-after 10 level IMAGE times 1
	$lost"
fault "lists always break off" "get move" again "find-abort-after 0 level IMAGE
	$lost" --retries 1
fault "lists end with A700" "get move" all "find-cap 5 a700 level IMAGE
	$lost"
fault "lists end with A700, of series too" "get move" all "find-cap 3 a700 level IMAGE"
fault "lists refused with A700" "get move" all "find-cap 5 a700-norows level IMAGE
	$lost"
fault "lists cut short, with a warning" "get move" all "find-cap 5 silent level IMAGE
	find-pending ff01 level IMAGE"
fault "lists cut where the transfer breaks" "get move" again "find-cap 6 silent level IMAGE
	find-omit NumberOfStudyRelatedInstances NumberOfSeriesRelatedInstances
	find-image-needs-parents level SERIES
	retrieve-no-pending
	retrieve-abort-after 6 study $STUDY times 1"
fault "query breaks off" "get move" all "find-close-after 1 level STUDY times 1"
for method in get move; do
	prepare_row "counters fall short, and there is no list" $method
	start_bad "find-omit NumberOfStudyRelatedInstances
		find-level-refuse IMAGE c000
		find-level-refuse SERIES c000
		retrieve-fail $OBJECT"
	fetch
	expect_status 3
	expect_err '3 studies: 2 unverified, 1 incomplete'
	expect_files "$OUT" 23
	expect_same_objects "$DATA" "$OUT" --subset
	stop_peer "$BAD_PID"
done
