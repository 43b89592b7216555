#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# organise --undo killed after each of its steps: the next one completes it, and manifests and ledger tell where the files are.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 2 --series 1 --images 3 --size 2000 >/dev/null
organised() {
	rm -rf "$T/tree" "$DICOM_QR_LEDGER"*
	cp -r "$T/data" "$T/tree"
	run dicom-qr import "$T/tree"
	expect_status 0
	run dicom-qr organise "$T/tree" --layout '{StudyInstanceUID}/{SOPInstanceUID}.dcm'
	expect_status 0
	list=$(find "$T/tree/.dicom-qr" -name 'organise-*.jsonl')
}

killed=0
for step in $(seq 1 40); do
	organised
	DICOM_QR_STOP_AT_COMMIT=$step run dicom-qr organise --undo "$list"
	[ "$status" -eq 137 ] || break
	killed=$((killed + 1))
	run dicom-qr organise --undo "$list"
	expect_status 0
	(cd "$T/tree" && find . -name '*.dcm' | sort) | cmp - <(cd "$T/data" && find . -name '*.dcm' | sort) || fail "not all are back"
	run dicom-qr verify "$T/tree"
	expect_status 0
	expect_out "6 good"
	run dicom-qr import "$T/tree"
	expect_status 0
	expect_out "^Imported: 0 files"
done
[ "$killed" -ge 7 ] || fail "killed $killed times"
expect_status 0
run dicom-qr organise --undo "$list"
expect_status 0
run dicom-qr verify "$T/tree"
expect_status 0
