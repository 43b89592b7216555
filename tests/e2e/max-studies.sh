#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --max-studies 2: two studies, whole, and exit status 8; resume takes the next two, and the last run ends with 0.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need jq
start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	state=$T/$pacs.state
	run dicom-qr "$NODE" --listen "$LISTEN_PORT" --auto --max-studies 2 --output "$OUT" --save-state "$state"
	expect_status 8
	expect_err '^7 studies: 2 complete, 5 skipped; .*; stopped by --max-studies$'
	expect_err '^Left for another run by --max-studies: 5 studies$'
	expect_err "^To carry on: dicom-qr resume --state $state\$"
	expect_same_objects "$ARCHIVE" "$OUT" --subset
	mapfile -t uids < <(jq -r '.studies[] | select(.status == "complete") | .studyInstanceUID' "$state")
	[ ${#uids[@]} -eq 2 ] || fail "not two complete in the state"
	some_of_archive "s${uids[0]##*.}-*" "s${uids[1]##*.}-*"
	expect_same_objects "$SOME" "$OUT"
	[ "$(jq '[.studies[] | select(.status == "skipped" and .later)] | length' "$state")" -eq 5 ] || fail "not five left"

	run dicom-qr resume --state "$state"
	expect_status 8
	expect_err '^7 studies: 4 complete, 3 skipped; .*; stopped by --max-studies$'
	run dicom-qr resume --state "$state" --dry-run --max-studies 1
	expect_status 0
	expect_out '^Would be fetched: 1 study$'
	run dicom-qr resume --state "$state" --max-studies 1
	expect_status 8
	expect_err '^7 studies: 5 complete, 2 skipped'
	run dicom-qr resume --state "$state" --max-studies 9
	expect_status 0
	expect_err '^7 studies: 7 complete; '
	expect_no_err 'Left for|carry on'
	expect_same_objects "$ARCHIVE" "$OUT"
	run dicom-qr resume --state "$state"
	expect_status 0
	expect_out 'Nothing to do'

	# the same by the command itself, which leaves out what is held; at the limit exactly nothing is left
	run dicom-qr "$NODE" --listen "$LISTEN_PORT" --auto --max-studies 7 --output "$OUT-2"
	expect_status 0
	rm -r "$OUT-2"
	for n in 8 8 8 0; do
		run dicom-qr "$NODE" --listen "$LISTEN_PORT" --auto --max-studies 2 --output "$OUT-2"
		expect_status $n
	done
	expect_same_objects "$ARCHIVE" "$OUT-2"
done

# What fails always does not keep the others out, and dicom-retrieve knows 0 and 1.
"$BULK" "$T/data" --studies 4 --series 1 --images 2 --size 2000 >/dev/null
root=1.2.826.0.1.3680043.10.1338.9.2
start_badpacs "retrieve-refuse c000 study $root.1" "$T/data"
run dicom-qr "127.0.0.1:$BAD_PORT" --method c-get --auto --max-studies 2 --output "$T/bad" --save-state "$T/bad.state" --retry-wait 0
expect_status 8
expect_err '^4 studies: 1 complete, 1 failed, 2 skipped'
run dicom-qr resume --state "$T/bad.state"
expect_status 8
expect_err '^4 studies: 3 complete, 1 failed; '
expect_err '^Left for another run by --max-studies: 1 study to be tried again$'
run dicom-qr resume --state "$T/bad.state"
expect_status 3
expect_err '^4 studies: 3 complete, 1 failed; '
expect_no_err 'Left for'
: >"$T/badpacs.scenario"
kill -HUP "$BAD_PID"
wait_for 30 grep -q '^scenario reloaded' "$T/badpacs.log"
run dicom-qr resume --state "$T/bad.state"
expect_status 0
expect_same_objects "$T/data" "$T/bad"
printf '%s\n' $root.{1,2,3,4} >"$T/list"
run dicom-retrieve "127.0.0.1:$BAD_PORT" --method c-get --uid-list "$T/list" --max-studies 3 --output "$T/uids"
expect_status 1
expect_err 'stopped by --max-studies'
run dicom-qr retrieve "127.0.0.1:$BAD_PORT" --method c-get --uid-list "$T/list" --max-studies 3 --output "$T/uids"
expect_status 0
expect_same_objects "$T/data" "$T/uids"

# qrscu: its limit counts what was selected.
"$BULK" "$T/dx" --studies 3 --series 1 --images 2 --size 2000 --modality CR >/dev/null
stop_peer "$BAD_PID"
rm "$T/badpacs.log"
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT" "$T/dx"
dicom-qr node add pacs "BAD@127.0.0.1:$BAD_PORT" --number 2 --aet DICOMQR
dicom-qr node add here --number 1 --listen "$LISTEN_PORT" --called-aet DICOMQR --output "$T/dose"
for n in 8 0 0; do
	run qrscu 2 1 -dx -f 2024-01-01 -t 2024-01-01 --max-studies 2
	expect_status $n
done
expect_out '^Nothing to retrieve'
expect_same_objects "$T/dx" "$T/dose"
