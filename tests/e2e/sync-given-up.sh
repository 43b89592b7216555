#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A study that never comes whole holds the watermark, until it is given up: by name, or after some days.  It is named each night and shown
# in the report; and it can be taken up again.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/sync.sh" || exit 1

change() { run env DICOM_QR_NOW="${NOW-2026-03-03T09:00:00}" dicom-qr sync "$NODE" "${OPTIONS[@]}" --output "$OUT" "$@"; }

add 1 20260301 3
add 2 20260302 1
serve "retrieve-lose 1.2.3.1.4.1.1.2"
change --give-up "$(uid 1)"
expect_status 2
expect_only_err '^dicom-qr: error: no nightly run of .* is recorded'
night 2026-03-03T02:00:00 -q
expect_status 3
expect_watermark 20260228
forget_log
change --give-up "$(uid 2)"
expect_status 2
expect_only_err "this nightly run is not waiting for study $(uid 2)"
change --give-up "$(uid 1)" --modality MR
expect_status 2
expect_only_err 'no nightly run of'
change --give-up 1.2.x
expect_status 2
change --take-up "$(uid 1)"
expect_status 2
expect_only_err "has not given up study $(uid 1)"
change --give-up "$(uid 1)"
expect_status 0
expect_no_err
expect_out "^Study $(uid 1) of 20260301 is given up"
[ -z "$(requests)" ] || fail "the archive was asked: $(requests)"
[ "$(sqlite3 "$DICOM_QR_LEDGER" 'select count(*) from job')" -eq 1 ] || fail "giving up counts as a run"

# Each night names it; it is not asked for, and the watermark passes.
for day in 04 05; do
	forget_log
	night 2026-03-${day}T02:00:00
	one_line ": 1 study is given up: $(uid 1)\$"
	expect_sent 0
	[ "$(requests)" = 'find STUDY' ] || fail "it was asked for: $(requests)"
done
expect_watermark 20260304
night 2026-03-05T03:00:00 -q
silence
expect_day 2026-03-01 complete
run dicom-qr report --study-date 2026-03-01
expect_out 'GIVEN UP'
run dicom-qr report --incomplete
expect_status 0
expect_out "$(uid 1).* incomplete .* yes "
run dicom-qr report --incomplete --format json
expect_out '"givenUp": true'

# It is taken up while its day is asked for, and comes.
change --take-up "$(uid 1)"
expect_status 0
night 2026-03-05T04:00:00 -q
expect_status 3
change --give-up "$(uid 1)" -q
silence
serve
run dicom-retrieve "$NODE" --study-uid "$(uid 1)" --method c-get -o "$OUT" -q
expect_status 0
night 2026-03-06T02:00:00 -q
silence
[ "$(sqlite3 "$DICOM_QR_LEDGER" 'select count(*) from sync_given_up')" -eq 0 ] || fail "it is here, and still given up"
run dicom-qr report --incomplete
expect_status 0
expect_out 'All known studies are complete'

# After some days, counted from the first night that tried.
add 3 20260306 2
serve "retrieve-lose 1.2.3.3.4.1.1.1"
for day in 07 08 09; do
	night 2026-03-${day}T03:00:00 -q --give-up-after 3d
	expect_status 3
	expect_only_err "study $(uid 3) of 20260306 is incomplete"
	expect_watermark 20260305
done
night 2026-03-10T03:00:00 -q --give-up-after 3d
expect_status 3
expect_err "study $(uid 3) of 20260306 is given up: it is not complete since 20260307"
expect_watermark 20260309
night 2026-03-11T03:00:00 --give-up-after 3d
one_line ": 1 study is given up: $(uid 3)\$"
pass
