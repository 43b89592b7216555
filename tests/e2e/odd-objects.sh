#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Whole objects that look odd: rows without pixel data (spectra, header-only objects), UIDs with letters, UIDs under the VR UN.  They
# are filed under safe names, one warning tells of the UIDs, and import, verify, organise and --validate call them good.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need dcmodify /usr/bin/python3
"$BULK" "$T/data" --studies 1 --series 1 --images 6 --size 2000 >/dev/null
cd "$T/data"
dcmodify -nb -ie -imt -e "(7fe0,0010)" 0001-01-0001.dcm			# header only
dcmodify -nb -ie -imt -e "(7fe0,0010)" -m 0008,0016=1.2.840.10008.5.1.4.1.1.4.2 0001-01-0002.dcm	# a spectrum
dcmodify -nb -ie -imt -m 0020,000e=LOCALIZER1.2.3 0001-01-0003.dcm
dcmodify -nb -ie -imt -m "0020,000e=LOCALIZER/1.2.3" 0001-01-0004.dcm
cd "$T"

LISTEN_PORT=$(free_port)
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT" "$T/data"
layout='{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm'
for method in c-get c-move; do
	out=$T/$method
	: >"$T/badpacs.log"
	run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method $method --listen "$LISTEN_PORT" -o "$out" --layout "$layout" --validate
	expect_status 0
	expect_err "1 complete"
	expect_out "^Validation: 6 valid, 0 invalid files"
	expect_same_objects "$T/data" "$out"
	[ ! -e "$out/.dicom-qr/quarantine" ] || fail "in quarantine: $(ls "$out/.dicom-qr/quarantine")"
	[ "$(grep -c "SeriesInstanceUID.*is no UID" "$T/err")" -eq 1 ] || fail "not one warning"
	[ "$(find "$out" -path '*/LOCALIZER*' -name '*.dcm' | wc -l)" -eq 2 ] || fail "no folders for the odd series"
	[ "$(find "$out" -mindepth 2 -maxdepth 2 -name 'LOCALIZER*' | wc -l)" -eq 2 ] || fail "two series in one folder"
	twice=$(grep '^sent ' "$T/badpacs.log" | sort | uniq -d)
	[ -z "$twice" ] || fail "sent again: $twice"

	run dicom-qr verify "$out"
	expect_status 0
	expect_out "6 good"
	run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method $method --listen "$LISTEN_PORT" -o "$out" --layout "$layout"
	expect_status 0
	[ "$(grep -Ec '^(get|move) ' "$T/badpacs.log")" -eq 1 ] || fail "asked again"
done

cp -r "$T/data" "$T/tree"
cd "$T/tree"
# The three UIDs of the data set of the fifth under VR UN.
/usr/bin/python3 - 0001-01-0005.dcm <<'END'
import sys
data = open(sys.argv[1], "rb").read()
for tag in (b"\x08\0\x18\0", b"\x20\0\x0d\0", b"\x20\0\x0e\0"):
    at = data.index(tag + b"UI", 300)
    data = data[:at + 4] + b"UN\0\0" + data[at + 6:at + 8] + b"\0\0" + data[at + 8:]
open(sys.argv[1], "wb").write(data)
END
dcmdump 0001-01-0005.dcm | grep -q '(0008,0018) UN' || fail "no VR UN was made"
cd "$T"
run dicom-qr import "$T/tree"
expect_status 0
expect_out "^Imported: 6 files .* 0 damaged"
[ "$(grep -c "SeriesInstanceUID.*is no UID" "$T/err")" -eq 1 ] || fail "not one warning of import"
run dicom-qr organise "$T/tree" --layout "$layout"
expect_status 0
run dicom-qr verify "$T/tree"
expect_status 0
