#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A query that is never answered ends after the time that was given for it; each further try is announced, and as many are made as
# were asked for.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 3 --series 1 --images 1 --size 2000 >/dev/null

# queries RULE EXPECTED-STATUS OPTION…: asks a PACS with this fault, waits no longer than a minute.
queries() {
	[ -z "${BAD_PID-}" ] || stop_peer "$BAD_PID"
	rm -f "$DICOM_QR_LEDGER"* "$T/badpacs.log"
	start_badpacs "$1" "$T/data"
	RUN_LIMIT=60 run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" "${@:3}"
	expect_status "$2"
	expect_no_process findscu dcmdump
}

# asked N: so many associations were made.
asked() { [ "$(grep -c '^association requested' "$T/badpacs.log")" -eq "$1" ] || fail "not $1 queries"; }

# --timeout alone is also the time for an answer
queries "find-stall-after 0 600" 5 --timeout 1 --retries 0
expect_only_err 'no answer from the PACS within 1 s'
asked 1

queries "find-stall-after 0 600" 5 --first-timeout 1 --retries 2 --retry-wait 0
expect_err 'no answer from the PACS within 1 s; trying again in 0 s \(1 of 2\)'
expect_err 'trying again in 0 s \(2 of 2\)'
asked 3

# an answer that stops in the middle is asked for in date ranges, and comes there
queries "find-stall-after 1 600 times 1" 0 --stall-timeout 1 --count
[ "$(cat "$T/out")" = 3 ] || fail "$(cat "$T/out") studies"

# a slow PACS is waited for
queries "find-stall-after 0 3" 0 --timeout 1 --first-timeout 30 --count
[ "$(cat "$T/out")" = 3 ] || fail "$(cat "$T/out") studies"

# a silent association
queries "associate-delay 600" 5 --timeout 1 --retries 0
asked 1

# nobody there
stop_peer "$BAD_PID"
run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --retries 1 --retry-wait 0
expect_status 5
expect_err 'connect.*; trying again in 0 s \(1 of 1\)'
