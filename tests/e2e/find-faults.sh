#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A PACS that answers queries wrongly in every way but cutting them: each study is found once, and what it did not filter is
# filtered here.
. "${srcdir:-.}/tests/lib.sh" || exit 1

make_archive

# finds SCENARIO EXPECTED OPTION…: the studies, by the last number of their UIDs.
finds() {
	local found
	[ -z "${BAD_PID-}" ] || stop_peer "$BAD_PID"
	rm -f "$DICOM_QR_LEDGER"*
	start_badpacs "aetitle PACS
$1" "$ARCHIVE"
	run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --format csv "${@:3}"
	expect_status 0
	found=$(grep -aoE '1338\.2\.[0-9]+' "$T/out" | sed 's/.*\.//' | sort -n | tr '\n' ' ')
	[ "$found" = "$2" ] || fail "$1: found '$found' instead of '$2'"
}

finds "find-ignore ModalitiesInStudy" "1 7 " --modality CT
finds "find-ignore ModalitiesInStudy
find-omit ModalitiesInStudy" "1 7 " --modality CT
finds "find-ignore ModalitiesInStudy
find-omit ModalitiesInStudy
find-no-lists" "2 " --modality MR
finds "find-omit ModalitiesInStudy NumberOfStudyRelatedInstances NumberOfSeriesRelatedInstances" "4 " --modality SR --study-date 20240229
finds "find-ignore StudyDate" "1 2 6 " --study-date 20240101-20240131
finds "find-ignore PatientID PatientName AccessionNumber" "5 6 " --patient-id P-1005
finds "find-ignore PatientName" "5 6 " --patient-name "o'brien*"
finds "find-ignore StudyDescription" "5 " --study-description '-Coro, left ?LAD]=stent "2.5*'
finds "find-ignore StudyTime" "1 " --study-date 20240105 --study-time 0800-0900
finds "find-duplicate-rows" "1 2 3 4 5 6 7 "
finds "find-pad-uids
find-duplicate-rows" "1 2 3 4 5 6 7 "
finds "find-pad-uids
find-ignore ModalitiesInStudy
find-omit ModalitiesInStudy" "2 " --modality MR
finds "find-case-sensitive" "5 6 " --patient-name "O'Brien*"
finds "find-charset none" "1 7 " --patient-id P-1001 --charset "ISO_IR 100"
expect_out 'Müller'
finds "find-hierarchical" "1 2 3 4 5 6 7 "
finds "find-pending ff01" "1 2 3 4 5 6 7 "
finds "find-first-fails 1 c001" "1 2 3 4 5 6 7 "
finds "find-abort-after 3 times 1" "1 2 3 4 5 6 7 "
finds "find-final a900 times 1" "1 2 3 4 5 6 7 "

# a further key is checked here as well, at any level
finds "find-ignore StationName" "5 " -k StationName=XA01
finds "" "" -k InstitutionName=NOPE
finds "find-ignore InstitutionName" "" -k InstitutionName=NOPE
expect_err '7 answers left out here: InstitutionName 7'
finds "find-ignore InstitutionName
find-omit InstitutionName" "1 2 3 4 5 6 7 " -k InstitutionName=NOPE
expect_err '7 answers stay in though the PACS does not return InstitutionName'
finds "find-ignore Modality" "" --level SERIES --study-uid 1.2.826.0.1.3680043.10.1338.2.1 -k Modality=NM

# what the PACS should not have answered is counted, by condition, also when nothing is left
finds "find-ignore PatientID" "" --patient-id P-0000
expect_err '7 answers left out here: patient ID 7'
finds "find-ignore PatientID StudyDate" "" --patient-id P-1005 --study-date 20990101
expect_err '7 answers left out here: study date 7'
run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --patient-id P-1005 --study-date 20240312- --count --format json
[ "$(cat "$T/out")" = '{"count":1,"leftOut":6}' ] || fail "$(cat "$T/out")"
for way in --auto --review --dry-run; do
	run dicom-qr "PACS@127.0.0.1:$BAD_PORT" $way --method c-get --patient-id P-0000 -o "$T/none"
	expect_status 0
	expect_out 'No studies found'
	expect_err '7 answers left out here: patient ID 7'
	run dicom-qr "PACS@127.0.0.1:$BAD_PORT" $way --method c-get -k InstitutionName=NOPE -o "$T/none"
	expect_status 0
	expect_out 'No studies found'
done
printf 'PatientID,StudyID\nP-0000,\n,NOPE\n' >"$T/list.csv"
run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --batch "$T/list.csv"
expect_status 0
expect_out '^2,P-0000,,none,0,,7 answers left out here: patient ID 7'
run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --batch "$T/list.csv" -k InstitutionName=NOPE
expect_status 0

# nothing is filtered twice by what is not told: stays in, and that is said
stop_peer "$BAD_PID"
start_badpacs "aetitle PACS
find-ignore ModalitiesInStudy
find-omit ModalitiesInStudy
find-level-refuse SERIES a900" "$ARCHIVE"
run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --count --modality CT
expect_status 0
expect_err '7 studies stay in though the PACS does not tell their modality'

# a whole job is left with what its conditions say, by the series where the rows say nothing
stop_peer "$BAD_PID"
start_badpacs "aetitle PACS
find-ignore ModalitiesInStudy
find-omit ModalitiesInStudy NumberOfStudyRelatedInstances" "$ARCHIVE"
run dicom-qr "PACS@127.0.0.1:$BAD_PORT" --auto --method c-get --modality MR -o "$T/mr"
expect_status 0
expect_files "$T/mr" 10
run dicom-qr "PACS@127.0.0.1:$BAD_PORT" --dry-run --method c-get --station-include xa -o "$T/xa"
expect_status 0
expect_out '1338.2.5'
expect_no_out '1338.2.1'

# a date that a person stated to be needed
run dicom-qr node add dated "PACS@127.0.0.1:$BAD_PORT" --require-date yes
expect_status 0
DICOM_QR_NOW=2024-01-31T12:00:00 run dicom-qr query dated --count
expect_status 0
[ "$(cat "$T/out")" = 3 ] || fail "$(cat "$T/out") studies of the last 30 days"
expect_err 'needs a date'
expect_no_process findscu dcmdump getscu
