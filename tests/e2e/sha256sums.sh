#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The checksums beside each manifest are true after a run, a second one, a killed one, import, organise, its undo and forget: sha256sum
# reads them, and they name every object.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need sha256sum
"$BULK" "$T/data" --studies 2 --series 2 --images 3 --size 2000 >/dev/null
start_badpacs "" "$T/data"
NODE=pacs://127.0.0.1:$BAD_PORT

# check FOLDER FILES
check() {
	[ "$(cat "$1/.dicom-qr/manifest"/*.SHA256SUMS | wc -l)" -eq "$2" ] || fail "not $2 lines: $(cat "$1/.dicom-qr/manifest"/*.SHA256SUMS)"
	(cd "$1" && cat .dicom-qr/manifest/*.SHA256SUMS | sha256sum -c --quiet --strict) || fail "a checksum is not true"
}

run dicom-qr "$NODE" --auto --method c-get -o "$T/files" --max-studies 1
check "$T/files" 6
run dicom-qr "$NODE" --auto --method c-get -o "$T/files"
expect_status 0
check "$T/files" 12
rm "$(find "$T/files" -maxdepth 1 -type f | head -n 1)"
run dicom-qr "$NODE" --auto --method c-get -o "$T/files"
expect_status 0
check "$T/files" 12

for layout in '{StudyInstanceUID}/{InstanceNumber:03}.dcm' '{SeriesInstanceUID}/{SOPInstanceUID}' flat; do
	run dicom-qr organise "$T/files" --layout "$layout"
	expect_status 0
	check "$T/files" 12
done
run dicom-qr organise --undo "$(find "$T/files/.dicom-qr" -name 'organise-*.jsonl' | sort | tail -n 1)"
expect_status 0
check "$T/files" 12
run dicom-qr organise "$T/files" --output "$T/links" --link --layout flat
expect_status 0
check "$T/links" 12
check "$T/files" 12
run dicom-qr import "$T/data"
expect_status 0
check "$T/data" 12
rm "$T/data/0001-01-0001.dcm"
run dicom-qr forget "$T/data"
expect_status 0
check "$T/data" 11

rm -rf "$T/files" "$DICOM_QR_LEDGER"*
for step in 3 6 9; do
	DICOM_QR_STOP_AT_COMMIT=$step run dicom-qr "$NODE" --auto --method c-get -o "$T/files"
done
run dicom-qr "$NODE" --auto --method c-get -o "$T/files"
expect_status 0
check "$T/files" 11			# the PACS has no more, now
