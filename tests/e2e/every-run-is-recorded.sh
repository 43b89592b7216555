#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Each run of each command that asks for retrieval is a job in the ledger with its end, whatever the end was; so that "status" and
# --max-age can be believed.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need sqlite3
make_archive
some_of_archive 's1-*'
OUT=$T/files
jobs() { sqlite3 "$DICOM_QR_LEDGER" 'select count(*) from job'; }
last() { sqlite3 "$DICOM_QR_LEDGER" "select kind, exit_status, ended is not null, summary <> '' from job order by id desc limit 1"; }
recorded=0
# expect_job KIND STATUS SUMMARY: the last run was recorded so; SUMMARY is 1 when it says why.
expect_job() {
	recorded=$((recorded + 1))
	expect_status "$2"
	[ "$(jobs)" -eq "$recorded" ] || fail "$(jobs) jobs, not $recorded"
	[ "$(last)" = "$1|$2|1|$3" ] || fail "recorded is $(last), not $1|$2|1|$3"
}
common=(--method c-get --retries 0 -o "$OUT")

down=PACS@127.0.0.1:$(free_port)
run dicom-qr node add down "$down" --output "$OUT"
run dicom-qr node add here 127.0.0.1:104 --listen "$(free_port)" --called-aet DICOMQR --output "$OUT"
run dicom-qr "$down" --auto "${common[@]}" --study-date 20240101
expect_job retrieve 5 1
run dicom-qr retrieve "$down" --study-uid 1.2.3 "${common[@]}" --save-state "$T/state"
expect_job retrieve 5 0
run dicom-qr resume --state "$T/state" --retries 0
expect_job resume 5 0
run dicom-qr sync "$down" "${common[@]}"
expect_job sync 5 1
run qrscu down here -ct -f 2024-01-01 -t 2024-01-02 --retries 0
expect_job retrieve 5 1
run pacs-nm-retriever --host 127.0.0.1 --port "${down##*:}" --aet X --local-aet Y -o "$OUT" -q --retries 0
expect_job retrieve 5 1
run dicom-qr status
expect_out '  failed  '
run dicom-qr status --max-age 1d -q
expect_status 10

# What is no run is none.
run dicom-qr "$down" --auto "${common[@]}" --dry-run --study-date 20240101
run dicom-qr "$down" --review "${common[@]}" --save-state "$T/review" --study-date 20240101
run dicom-qr "$down" --auto --method c-get --max-images none
expect_status 2
[ "$(jobs)" -eq "$recorded" ] || fail "recorded: $(last)"

# Outside of its windows a run asks nothing, and does not count as one that reached its end.
export DICOM_QR_NOW=2024-04-01T03:00:00
start_badpacs '' "$SOME"
NODE=PACS@127.0.0.1:$BAD_PORT
run dicom-qr sync "$NODE" "${common[@]}" --window 19:00-01:30
expect_job sync 8 1
run dicom-qr status "$NODE" --max-age 26h -q
expect_status 10

# Nothing was there, or all was here.
run dicom-qr sync "$NODE" "${common[@]}" --from 2024-03-31
expect_job sync 0 1
run dicom-qr status "$NODE" --max-age 26h -q
expect_status 0
run dicom-qr node add up "$NODE" --output "$OUT"
run qrscu up here -ct -f 2001-01-01 -t 2001-01-02
expect_job retrieve 0 0
run dicom-qr "$NODE" --auto "${common[@]}" --save-state "$T/state"
expect_job retrieve 0 0
run dicom-qr resume --state "$T/state"
expect_job resume 0 0
run dicom-qr resume "$((recorded - 1))"
expect_job resume 0 0
[ "$(sqlite3 "$DICOM_QR_LEDGER" 'select parent from job order by id desc limit 1')" -eq $((recorded - 2)) ] || fail "of which job?"
pass
