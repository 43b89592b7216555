#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The nastiest pairs: what one fault hides, the other must not.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
fault "silent loss and association limit" "get move" all "retrieve-lose $OBJECT $ROOT.4.1.1.1 $ROOT.4.3.2.4 times 3
	max-associations 2" --parallel 4
fault "silent loss and refused for now" "get move" all "retrieve-lose $OBJECT times 1
	reject-first 2
	retrieve-first-fails 1 a700"
fault "silent loss and lists refused" "get move" all "retrieve-lose every 3 times 8
	retrieve-no-lists a900
	find-no-lists a900"
fault "truncated object and abort amid" "get move" again "retrieve-truncate $OBJECT times 1
	retrieve-abort-after 12 times 1"

# What stalls is noticed while others are busy, and costs only itself.
"$BULK" "$T/large" --studies 3 --series 1 --images 101 --size 400 >/dev/null
DATA=$T/large
fault "stall beside others" "get move" all "retrieve-stall-after 3 60 study $STUDY times 1
	retrieve-object-delay 20" --parallel 3 --stall-timeout 1

# A limit on answers, and UIDs that end in a blank: the windows must become whole, and the lists of objects fit.
"$BULK" "$T/spread" --studies 60 --series 1 --images 2 --size 400 --spread >/dev/null
for method in get move; do
	DATA=$T/spread
	prepare_row "limit on answers and padded UIDs" $method
	start_bad "find-cap 20 silent
		find-pad-uids"
	fetch --study-date 20230101-20261231
	expect_status 0
	expect_same_objects "$DATA" "$OUT"
	expect_once
	stop_peer "$BAD_PID"
done
make_data

# It stalls, dies, and comes back.
for method in get move; do
	prepare_row "stall and restart" $method
	start_bad "retrieve-stall-after 5 60 times 1
		refuse-after-objects 12"
	begin dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --output "$OUT" --save-state "$STATE" --retry-wait 1 --stall-timeout 1 \
		--first-timeout 2 "${HOW[@]}"
	wait_for 30 gone "$BAD_PID" || fail "it did not crash"
	start_bad ""
	# shellcheck disable=SC2119  # no signal
	finish
	judge all
	stop_peer "$BAD_PID"
done
