#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two objects with one SOP Instance UID in two series of a study are two objects: both are filed, verified and organised, and a flat
# layout tells them apart by a hash of the series.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need dcmodify dcmdump
"$BULK" "$T/data" --studies 1 --series 1 --images 4 --size 2000 >/dev/null
mkdir "$T/other"
cp "$T/data/0001-01-0004.dcm" "$T/other/twin.dcm"
dcmodify -nb -ie -imt -m 0020,000e=1.2.3.4.5 -m 0020,0011=7 "$T/other/twin.dcm"
sop=1.2.826.0.1.3680043.10.1338.9.4.1.1.4
LISTEN_PORT=$(free_port)
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT
object-delay 400
retrieve-foreign $T/other/twin.dcm times 1" "$T/data"

run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --listen "$LISTEN_PORT" --method c-move -o "$T/flat" --retry-wait 0
expect_err "SOP Instance UID $sop stands in two series of study"
expect_files "$T/flat" 5
[ "$(dcmdump +P 0020,000e "$T/flat"/CT.$sop* | grep -o '\[.*\]' | sort -u | wc -l)" -eq 2 ] || fail "not of two series"
[ "$(find "$T/flat" -maxdepth 1 -name "CT.$sop*" | wc -l)" -eq 2 ] || fail "not both: $(ls "$T/flat")"
[ "$(find "$T/flat" -maxdepth 1 -name "CT.$sop-????????" | wc -l)" -ge 1 ] || fail "no hash of the series: $(ls "$T/flat")"
[ "$(grep -c "\"sopInstanceUID\":\"$sop\"" "$T/flat/.dicom-qr/manifest"/*.jsonl)" -eq 2 ] || fail "not both in the manifest"
run dicom-qr verify "$T/flat"
expect_status 0
expect_out "5 good"

run dicom-qr organise "$T/flat" --layout '{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm'
expect_status 0
[ "$(find "$T/flat" -name "$sop.dcm" | wc -l)" -eq 2 ] || fail "not both after organise"
run dicom-qr verify "$T/flat"
expect_status 0
