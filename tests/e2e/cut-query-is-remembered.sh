#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A query that could not be made whole is remembered by the state file: who carries on from it is told, and never gets status 0.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need dcmodify
"$BULK" "$T/data" --studies 12 --series 1 --images 1 --size 200 --date 20240101 >/dev/null
dcmodify -q -nb -i "(0008,0030)=120000" "$T/data"/*
start_badpacs "find-cap 5 a700 level STUDY" "$T/data"
NODE=PACS@127.0.0.1:$BAD_PORT
run dicom-qr "$NODE" --review --method c-get -o "$T/files" --save-state "$T/state" --study-date 20240101
expect_status 3
grep -q '"notCovered": "' "$T/state" || fail "the state file does not say it"
run dicom-qr resume --state "$T/state"
expect_status 3
expect_err 'was not answered completely \(.*\): query again'
[ "$(find "$T/files" -name '*.dcm' -o -name 'CT*' -type f | grep -vc '/.dicom-qr/')" -gt 0 ] || fail "nothing was fetched"
run dicom-qr resume --state "$T/state" -q
expect_status 3
run dicom-qr resume "$(sqlite3 "$DICOM_QR_LEDGER" 'select max(job) from plan')"
expect_status 3
: >"$T/badpacs.scenario"
kill -HUP "$BAD_PID"
wait_for 20 grep -q '^scenario reloaded' "$T/badpacs.log"
run dicom-qr "$NODE" --auto --method c-get -o "$T/files" --save-state "$T/state" --study-date 20240101
expect_status 0
run dicom-qr resume --state "$T/state"
expect_status 0
pass
