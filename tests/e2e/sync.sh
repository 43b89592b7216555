#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# dicom-qr sync, night by night: what is new comes, what has grown is completed, what is held costs nothing; quiet when there is
# nothing to say; limits; each set of conditions for itself.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/sync.sh" || exit 1

add 1 20260301 3
add 2 20260302 2 MR
add 9 20260210 2
serve

# The first run says where it begins, then what it did; a dry run before it remembers nothing.
night 2026-03-03T02:00:00 --dry-run
expect_status 0
expect_out 'no earlier run; this run begins at 20260228 '
expect_out '^Would be fetched: 2 studies'
expect_sent 0
[ "$(sqlite3 "$DICOM_QR_LEDGER" 'select count(*) from sync, sync_study')" -eq 0 ] || fail "a dry run remembers something"
night 2026-03-03T02:00:00
expect_status 0
expect_no_err
[ "$(wc -l <"$T/out")" -eq 2 ] || fail "not two lines"
expect_out 'no earlier run; this run begins at 20260228 '
expect_out "^$NODE, 20260228-20260303: 2 studies: 2 complete; 5 objects, "
expect_asked 20260228-20260303
expect_watermark 20260302
expect_sent 5

# Nothing new: one query, and silence.
forget_log
night 2026-03-04T02:00:00
silence
[ "$(requests)" = 'find STUDY' ] || fail "more than one query: $(requests)"
expect_watermark 20260303
expect_day 2026-03-03 complete		# an empty one
expect_day 2026-03-04 'partly covered'
night 2026-03-04T02:00:01 -v
expect_status 0
expect_no_out
expect_err 'days 20260228-20260304 are asked for; complete up to 20260303'

# One that came late, one that has grown: the new objects alone.
add 3 20260302 2
add 2 20260302 6 MR
forget_log
night 2026-03-05T02:00:00
one_line "^$NODE, 20260228-20260305: 2 studies, 1 of them grown: 2 complete; 6 objects, "
expect_sent 6
expect_same_objects "$DATA" "$OUT" --subset
night 2026-03-05T03:00:00 --validate
silence

# What is gone from the disk comes again, and nothing else.
rm "$OUT"/MR.*.3
forget_log
night 2026-03-05T04:00:00
one_line ': 1 study: 1 complete; 1 object, '
expect_sent 1

# Another set of conditions is another run, and so is another folder; the first one does not notice.
night 2026-03-05T05:00:00 --modality MR --quiet
silence
expect_watermark 20260304 modality=MR
OUT=$T/second night 2026-03-05T05:00:00 --from 2026-02-01 --select dose
expect_status 0
expect_asked 20260201-20260305
[ "$(sqlite3 "$DICOM_QR_LEDGER" 'select count(*) from sync')" -eq 3 ] || fail "not three runs"
forget_log
OUT=$T/second night 2026-03-05T06:00:00 --select dose
silence
[ "$(requests)" = 'find STUDY' ] || fail "what the selection left out was asked about again: $(requests)"
run dicom-qr status "$NODE"
expect_out '^2026-03-04 +2026-03-02 .*/files modality=MR$'

# Down for a week: a job that failed each night, then all of it.
stop_peer "$BAD_PID"
for day in 06 09; do
	night 2026-03-${day}T02:00:00
	expect_status 5
	expect_no_out
	expect_only_err '^dicom-qr: error: .*Connection refused'
done
run dicom-qr status --limit 1
expect_out '  failed  '
DICOM_QR_NOW=2026-03-09T12:00:00 run dicom-qr status "$NODE" --max-age 26h -q
expect_status 10
expect_only_err 'no nightly run against .* reached its end within 1 d 02 h'
expect_watermark 20260304 /files
add 4 20260306 1
add 5 20260310 1
serve
night 2026-03-12T02:00:00
one_line "^$NODE, 20260301-20260312: 2 studies: 2 complete; 2 objects, "
expect_watermark 20260311 /files
expect_day 2026-03-06 complete
DICOM_QR_NOW=2026-03-12T12:00:00 run dicom-qr status "$NODE" --max-age 26h -q
expect_status 0

# One that the archive keeps back: told each night; the watermark waits before its day.
add 6 20260312 3
add 7 20260313 1
serve "retrieve-lose 1.2.3.6.4.1.1.2"
night 2026-03-14T02:00:00
expect_status 3
expect_out ': 2 studies: 1 complete, 1 incomplete; 3 objects, '
expect_only_err "^dicom-qr: error: study $(uid 6) of 20260312 is incomplete: 1 of 3 objects missing"
expect_watermark 20260311 /files
expect_day 2026-03-12 incomplete
expect_day 2026-03-13 complete
night 2026-03-20T02:00:00 -q
expect_status 3
expect_no_out
expect_only_err "^dicom-qr: error: study $(uid 6) of 20260312 is incomplete"
expect_asked 20260308-20260320
expect_watermark 20260311 /files
serve
forget_log
night 2026-03-21T02:00:00 -q
silence
expect_sent 1
expect_watermark 20260320 /files
expect_day 2026-03-12 complete

# Or it is given up.
add 8 20260320 1
add 12 20260320 1
serve "retrieve-lose 1.2.3.8.4.1.1.1 1.2.3.12.4.1.1.1"
night 2026-03-22T02:00:00 -q
expect_status 3
expect_no_out
expect_only_err '^dicom-qr: error: 2 studies are not complete: see dicom-qr report --incomplete$'
expect_watermark 20260320 /files		# it came late
night 2026-04-10T02:00:00 --restart --from 2026-04-01
silence
expect_asked 20260401-20260410
expect_watermark 20260409 /files
night 2026-04-11T02:00:00 --from 2026-01-01
expect_asked 20260406-20260411

# Limits: status 8, the oldest first, and the next night carries on.
serve
for day in 20 21 22; do
	add 10$day 202604$day 4
done
forget_log
night 2026-04-24T02:00:00 --max-studies 1
expect_status 8
expect_no_err
expect_out ': 1 study: 1 complete; 4 objects, .*; stopped by --max-studies, the next run carries on'
expect_watermark 20260420 /files
expect_day 2026-04-21 incomplete
night 2026-04-24T03:00:00 --max-images 2
expect_status 8
expect_out ': 1 study: 1 in part; 2 objects, .*; stopped by --max-images, the next run carries on'
expect_no_err
expect_watermark 20260420 /files
serve "get-object-delay 1000"		# the limit is seen while objects are still to come
night 2026-04-24T04:00:00 --max-bytes 100B
expect_status 8
expect_out 'stopped by --max-bytes'
serve
night 2026-04-24T05:00:00 --max-studies 5
expect_status 0
expect_watermark 20260423 /files
expect_day 2026-04-22 complete
expect_sent 12

# Who is told: of each study that has news, and of the end; outside of its windows a run is silent, with status 8.
printf '#!/bin/sh\necho "$@" >>"$0.told"\n' >"$T/hook"
chmod +x "$T/hook"
add 11 20260424 1
night 2026-04-25T02:00:00 --on-study "$T/hook" --metrics "$T/sync.prom"
one_line ': 1 study: 1 complete; 1 object'
grep -q " $(uid 11) complete " "$T/hook.told" || fail "the program was not told: $(cat "$T/hook.told")"
[ "$(wc -l <"$T/hook.told")" -eq 1 ] || fail "told of more than one study"
grep -q '^dicom_qr_.*covered.*{command="sync",' "$T/sync.prom" || fail "no covered day among the metrics"
add 13 20260424 1
night 2026-04-25T02:00:00 --progress plain
expect_status 0
expect_err '^\[1/1\] complete '
expect_err '^1 study: 1 complete; 1 object'
night 2026-04-25T02:00:00 --window 19:00-01:30
expect_status 8
expect_no_out
expect_no_err

# What cannot be.
night 2026-04-25T02:00:00 --from 2026-05-01
expect_status 2
expect_only_err '^dicom-qr: error: --from: that day lies in the future'
night 2026-04-25T02:00:00 --study-date 20260101
expect_status 2
run dicom-qr sync
expect_status 2
pass
