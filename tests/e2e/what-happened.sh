#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# status, history, explain and report tell what happened, as text and as JSON, and without the patient.
. "${srcdir:-.}/tests/lib.sh" || exit 1

make_archive
some_of_archive 's1-*' 's2-*' 's7-*'
lost=1.2.826.0.1.3680043.10.1338.4.2.1.3
start_badpacs "retrieve-lose $lost" "$SOME"
NODE=PACS@127.0.0.1:$BAD_PORT
OUT=$T/out-of-it
run dicom-qr status
expect_status 0
expect_out '^No job is recorded$'
run dicom-qr status --max-age 1d
expect_status 10
run dicom-qr explain "$(study 2)"
expect_status 2
expect_only_err 'knows nothing of study'

export DICOM_QR_NOW=2024-04-01T03:00:00
run dicom-qr "$NODE" --method c-get --auto --output "$OUT" --study-date 20240101-20240331 --retries 1
expect_status 3
run dicom-qr "$NODE" --method c-get --auto --output "$OUT" --study-date 20230101
expect_status 0
run dicom-qr "$NODE" --method c-get --auto --output "$OUT" --study-date 20240322 --patient-name 'NOBODY*' --patient-id -P-1001
expect_status 0

run dicom-qr status
expect_status 0
expect_out '^ +1  incomplete +2024-04-01T03:00:0. .* 2/3 +33 +34 '
expect_out '^ +2  complete '
expect_out '^Last run that reached its end: 2024-04-01T03:00:'
run dicom-qr status "$NODE" --format json
expect_out '"state": "incomplete"'
expect_out '"stale": null'
run dicom-qr status PACS@elsewhere:1
expect_out '^No job is recorded$'
DICOM_QR_NOW=2024-04-02T02:00:00 run dicom-qr status --max-age 26h -q
expect_status 0
expect_no_out
DICOM_QR_NOW=2024-04-02T06:00:00 run dicom-qr status --max-age 26h -q
expect_status 10
expect_only_err '^dicom-qr: .*stale'

run dicom-qr history
expect_status 0
expect_out "^ +1  2024-04-01T03:00:0. +$(id -un) +$NODE +STUDY +3 .* 1  StudyDate=20240101-20240331$"
expect_out 'PatientName=\*\*\*\*\*'
run dicom-qr history --limit 1 --format json
expect_no_out '20240101'

run dicom-qr explain "$(study 2)"
expect_status 0
expect_out "at $NODE: incomplete: 1 of 10 objects missing"
expect_out '^  Job 1, '
expect_out '^      \$ .*getscu '
expect_out "^  $lost$"
expect_out "^Held: 9 files, .* in $OUT$"
expect_out '^For the administrator of the PACS:$'
expect_no_out 'Job 2'
run dicom-qr explain "$(study 1)" --format json
expect_status 0
expect_out '"status": "complete"'
expect_out '"advice": null'

run dicom-qr report --incomplete
expect_status 3
expect_out "^20240108 +MR +$(study 2) "
[ "$(wc -l <"$T/out")" -eq 2 ] || fail "more than one study"
run dicom-qr report --incomplete --study-date 20240109-
expect_status 0

# the calendar: days nobody asked about, days in the middle of which somebody did, and conditions that cover nothing
run dicom-qr report "$NODE" --study-date 20230101-20240401 --format json
expect_status 0
day() { sed -n "/\"$1\"/,/}/p" "$T/out" | sed -n 's/.*"state": "\(.*\)".*/\1/p'; }
for pair in 2023-01-01=complete 2023-01-02='not covered' 2024-01-05=complete 2024-01-08=incomplete 2024-03-31=complete \
	2024-04-01='not covered'; do
	[ "$(day "${pair%%=*}")" = "${pair#*=}" ] || fail "${pair%%=*} is $(day "${pair%%=*}") instead of ${pair#*=}"
done
run dicom-qr report --study-date 20240107-20240109
expect_out '^2024-01-08 +1 +0 +1 +0 +incomplete$'
expect_out '^2024-01-09 +0 +0 +0 +0 +complete$'
[ "$(wc -l <"$T/out")" -eq 5 ] || fail "not a node, a head and three days"
cp "$T/out" "$T/three"
run dicom-qr report --from 2024-01-07 --until 20240109
cmp "$T/out" "$T/three" || fail "--from and --until are not --study-date"
run dicom-qr report --from 20240107 --study-date 20240109
expect_status 2

# a part of a study that is not here does not make it whole; nor does its day get lost by who knows only its UID
run dicom-retrieve "$NODE" --method c-get --study-uid "$(study 2)" --series-uid 1.2.826.0.1.3680043.10.1338.3.2.1 \
	--instance-uid 1.2.826.0.1.3680043.10.1338.4.2.1.1 --output "$T/part"
expect_status 0
run dicom-qr report --from 20240107 --until 20240109
expect_out '^2024-01-08 +1 +0 +1 +0 +incomplete$'
run dicom-qr explain "$(study 2)"
expect_out '^  20240108, MR, at .*: incomplete'
expect_out '1 of 1 objects \(only this part of the study was asked for\)'
run dicom-retrieve "$NODE" --method c-get --study-uid "$(study 2)" --output "$OUT" --retries 0
expect_status 1
run dicom-qr report --from 20240107 --until 20240109
expect_out '^2024-01-08 +1 +0 +1 +0 +incomplete$'

# a job whose process lives, and one whose process is gone
printf 'retrieve-stall-first 3600\n' >"$T/badpacs.scenario"
kill -HUP "$BAD_PID"
wait_for 20 grep -q 'scenario reloaded' "$T/badpacs.log"
: >"$T/badpacs.log"
begin dicom-qr "$NODE" --method c-get --auto --output "$OUT-2"
wait_for 60 grep -q '^get ' "$T/badpacs.log" || fail "no retrieval began"
run dicom-qr status --limit 1
expect_out '^ +[0-9]+  running .* 0/3 '
kill -KILL "$running"
wait "$running" || :
run dicom-qr status --limit 1
expect_out '^ +[0-9]+  died .* 0/3 '

# nobody's name is in the ledger's tables, nor does any of it reach a terminal
for command in status history "explain $(study 1)" 'report --incomplete'; do
	# shellcheck disable=SC2086  # words
	run dicom-qr $command --format json
	expect_no_out 'P-1001|P-1002|LLER'
done
expect_no_process getscu findscu dcmdump
pass
