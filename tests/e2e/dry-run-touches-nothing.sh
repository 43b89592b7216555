#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --dry-run: no file, no job, no request for objects; what it printed is what resume then does.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need jq sqlite3
start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	state=$T/$pacs.state
	run dicom-qr "$NODE" --method c-get --patient-id P-1001 --max-studies 1 --dry-run --output "$OUT" --save-state "$state"
	expect_status 0
	expect_out '^Would be fetched: 1 stud'
	expect_out "$(study '[17]').*beyond --max-studies 1"
	expect_out 'getscu .*0020,000d'
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
done

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
