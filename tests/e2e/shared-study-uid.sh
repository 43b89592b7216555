#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two patients with one Study Instance UID: both answers are shown, and in patient root the objects of both are fetched.
. "${srcdir:-.}/tests/lib.sh" || exit 1
need dcmodify

"$BULK" "$T/data" --studies 3 --series 1 --images 2 --size 2000 >/dev/null
one=$(find "$T/data" -type f | sort | head -n 1)
uid=$(dcmdump +P StudyInstanceUID "$one" | sed 's/.*\[\(.*\)\].*/\1/')
find "$T/data" -type f | sort | sed -n 3,4p | xargs dcmodify -nb -m "StudyInstanceUID=$uid" -m "PatientID=OTHER" >/dev/null

LISTEN=$(free_port)
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN" "$T/data"
for model in study patient; do
	run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --model $model --format csv --patient-id "*"
	expect_status 0
	[ "$(grep -c -F "$uid" "$T/out")" -eq 2 ] || fail "not both patients: $(cat "$T/out")"
	expect_err '1 study is returned for several patients'
	for method in "c-get" "c-move --listen $LISTEN" "c-get --parallel 2"; do
		rm -rf "$T/files" "$DICOM_QR_LEDGER"*
		for _ in first second; do
			# shellcheck disable=SC2086  # options
			run dicom-qr "PACS@127.0.0.1:$BAD_PORT" --model $model --patient-id "*" --method $method --auto -o "$T/files"
			expect_status 0
			expect_same_objects "$T/data" "$T/files"
		done
	done
done
[ "$(grep -c '^sent ' "$T/badpacs.log")" -eq 36 ] || fail "not each object once a folder: $(grep -c '^sent ' "$T/badpacs.log")"
