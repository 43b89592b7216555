#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --dry-run: no file, no job, no request for objects; what it printed is what resume then does.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need jq sqlite3
start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	state=$T/$pacs.state
	run dicom-qr "$NODE" --method c-get --patient-id P-1001 --max-studies 1 --dry-run --output "$OUT" --save-state "$state" --verbose
	expect_status 0
	expect_out '^Would be fetched: 1 stud'
	expect_out "$(study '[17]').*beyond --max-studies 1"
	expect_out 'getscu .*0020,000d'
	expect_out 'ID P-1001  accession '
	tail -n 1 "$T/out" | grep -q '^To retrieve: ' || fail "the summary is not last: $(cat "$T/out")"
	[ ! -e "$OUT" ] || fail "it made $OUT"
	expect_files "$T/home" 0
	[ "$(sqlite3 "$DICOM_QR_LEDGER" 'SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM attempt)')" -eq 0 ] ||
		fail "a job in the ledger"
	uid=$(sed -n '/^Would be fetched/,/^[A-V]/s/^  \[.* //p' "$T/out")
	objects=$(sed -n 's/^Objects: //p' "$T/out")

	run dicom-qr resume --state "$state"
	expect_status 8
	expect_files "$OUT" "$objects"
	some_of_archive "s${uid##*.}-*"
	expect_same_objects "$SOME" "$OUT" "${AS_GOT[@]}"
	rm "$DICOM_QR_LEDGER"*

	# the same for machines; each command does its work when it is pasted
	run dicom-qr "$NODE" --method c-get --patient-id P-1001 --dry-run --output "$T/pasted $pacs" --format json
	expect_status 0
	jq -e '.format == 1 and (.studies | length) == 2 and .objects == ([.studies[].expected] | add)
		and (.studies[] | .patientID == "P-1001" and .status == "wanted" and .held == 0)' "$T/out" >/dev/null || fail "$(cat "$T/out")"
	jq -r '.studies[].command' "$T/out" >"$T/commands"
	[ "$(wc -l <"$T/commands")" -eq 2 ] || fail "not two commands: $(cat "$T/commands")"
	bash -e "$T/commands" >"$T/paste.log" 2>&1 || fail "pasted: $(cat "$T/commands" "$T/paste.log")"
	some_of_archive 's1-*' 's7-*'
	expect_same_objects "$SOME" "$T/pasted $pacs" "${AS_GOT[@]}"
	run dicom-qr "$NODE" --listen "$LISTEN_PORT" --patient-id P-1001 --dry-run --output "$T/moved $pacs" --format json
	expect_status 0
	jq -r '.studies[].command' "$T/out" >"$T/commands"
	bash -e "$T/commands" >"$T/paste.log" 2>&1 || fail "pasted: $(cat "$T/commands" "$T/paste.log")"
	expect_same_objects "$SOME" "$T/moved $pacs" --decoded
	run dicom-qr "$NODE" --method c-get --patient-id NOBODY --dry-run --format json
	expect_status 0
	jq -e '.studies == []' "$T/out" >/dev/null || fail "$(cat "$T/out")"
done

run dicom-qr "$NODE" --auto --method c-get --format json
expect_status 2
expect_only_err 'error: --format goes with --dry-run'

# badpacs tells what it was asked; of the second study only a part is within the limit
"$BULK" "$T/data" --studies 3 --series 2 --images 4 --size 2000
start_badpacs '' "$T/data"
run dicom-qr "BAD@127.0.0.1:$BAD_PORT" --method c-get --auto --dry-run --max-images 11 --output "$T/out.d" \
	--save-state "$T/bad.state"
expect_status 0
expect_out '^Objects: 11$'
[ ! -e "$T/out.d" ] || fail "it made $T/out.d"
! grep -E '^(get|move|sent)' "$T/badpacs.log" || fail "objects were asked for"
jq -r '.studies[].instances[]?.sopInstanceUID // empty' "$T/bad.state" >"$T/part"
[ "$(wc -l <"$T/part")" -eq 3 ] || fail "no part of three objects: $(cat "$T/bad.state")"
run dicom-qr resume --state "$T/bad.state"
expect_status 8
expect_files "$T/out.d" 11
[ "$(grep -c '^sent' "$T/badpacs.log")" -eq 11 ] || fail "not 11 objects sent"
while read -r uid; do
	grep -q "^sent $uid " "$T/badpacs.log" || fail "$uid was not asked for"
done <"$T/part"
expect_same_objects "$T/data" "$T/out.d" --subset

