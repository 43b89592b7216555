#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The PACS refuses: for now, for good, a study, an object, or a form of request.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
fault "refused for now" "get move" all "retrieve-first-fails 2 a700"
for status in A700 A701 A702 C000 0122; do
	fault "study refused, $status" "get move" "lacks 8 failed .*0x$status" "retrieve-refuse $status study $STUDY" --retries 1
done
fault "bad object fails its whole list" "get move" "lacks 1 1 of 8 objects missing: 0xC000.*out of order" \
	"retrieve-deny $OBJECT c000 out of order"
fault "every study refused" "get move" "fails 3 3 failed" "retrieve-refuse C002 no such thing" --retries 1
# What is here is not sent again, though the PACS is busy and no try is left.
for method in get move; do
	prepare_row "busy, and no try is left" $method
	start_bad "retrieve-abort-after 3 study $STUDY times 1
		retrieve-refuse A702 level IMAGE"
	fetch --retries 0
	expect_status 3
	expect_once
	stop_peer "$BAD_PID"
done
