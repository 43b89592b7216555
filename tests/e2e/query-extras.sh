#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What query does beyond asking: days, times, stations, order, limits, counts, trees; the same from each PACS.
. "${srcdir:-.}/tests/lib.sh" || exit 1

# finds EXPECTED OPTION…: the studies found, by the last number of their UIDs, in order.
finds() {
	local found
	run dicom-qr query "$NODE" --format csv --return StudyInstanceUID "${@:2}"
	expect_status 0
	found=$(grep -aoE '1\.2\.826\.0\.1\.3680043\.10\.1338\.2\.[0-9]+' "$T/out" | sed 's/.*\.//' | tr '\n' ' ')
	[ "$found" = "$1" ] || fail "found '$found' instead of '$1': $ran"
}

start_both
start_badpacs "aetitle BAD" "$ARCHIVE"
for pacs in dcmqrscp orthanc badpacs; do
	case $pacs in
	badpacs) NODE=BAD@127.0.0.1:$BAD_PORT ;;
	*) choose_pacs $pacs ;;
	esac
	finds "1 2 6 " --from 2024-01-05 --until 20240108 --sort StudyTime
	finds "3 4 5 7 " --from 2024-01-09 --sort StudyDate
	finds "7 5 4 3 2 " --from 20240106 --sort -StudyDate
	finds "1 " --study-date 20240105 --study-time 0830-0830
	finds "6 " --study-date 20240105 --study-time 0830:13-
	finds "3 5 " --study-time 09:10-11:00 --sort StudyDate	# over many days: checked here alone
	finds "5 4 2 7 " --study-time 1022- --until 2024-12-31 --from 2024-01-06 --sort StudyTime
	if [ $pacs = dcmqrscp ]; then		# tells no stations at all: nothing is left out, and that is said
		finds "1 6 2 3 4 5 7 " --station-include ct,xa --sort StudyDate
		expect_err '7 studies stay in though the PACS does not tell their'
	else
		finds "1 5 7 " --station-include ct,xa --sort StudyDate
		finds "2 3 4 5 6 " --station-exclude ct0,none --sort StudyInstanceUID
	fi
	finds "" --sr-only
	finds "4 " --modality US	# dcmqrscp tells no modalities: its series are asked
	run dicom-qr query "$NODE" --count
	expect_status 0
	[ "$(cat "$T/out")" = 7 ] || fail "counted $(cat "$T/out")"
	run dicom-qr query "$NODE" --count --format json --modality CT
	expect_out '^\{"count":2,"leftOut":[05]\}$'		# dcmqrscp ignores the modality of studies
	run dicom-qr query "$NODE" --limit 3 --format jsonl
	expect_status 0
	[ "$(wc -l <"$T/out")" -eq 3 ] || fail "not three rows"
	expect_err 'stopped after 3 rows'
	run dicom-qr query "$NODE" --limit 2 --sort -StudyDate --format jsonl
	[ "$(wc -l <"$T/out")" -eq 2 ] || fail "not two rows"
	expect_out '1338.2.7"'
	run dicom-qr query "$NODE" --limit 7 --format jsonl
	expect_status 0
	[ "$(wc -l <"$T/out")" -eq 7 ] || fail "not seven rows"

	run dicom-qr query "$NODE" --tree
	expect_status 0
	[ "$(wc -l <"$T/out")" -eq $((5 + 7 + 10 + 41)) ] || fail "the tree has $(wc -l <"$T/out") lines"
	run dicom-qr query "$NODE" --tree --level SERIES --format json --patient-id P-1001
	expect_status 0
	/usr/bin/python3 -c "import json, sys; t = json.load(open('$T/out')); assert len(t) == 1 and len(t[0]['studies']) == 2 and \
		sum(len(s['series']) for s in t[0]['studies']) == 4, t" || fail "the tree is another"

	run dicom-qr "$NODE" --review --from 2024-03-01 --until 2024-03-31 --study-time -1100 --method c-get
	expect_status 0
	expect_out '1338.2.5'
	expect_no_out '1338.2.7'
	run dicom-qr query "$NODE" --level PATIENT --model patient --count
	expect_status 0
	[ "$(cat "$T/out")" = 5 ] || fail "counted $(cat "$T/out") patients"
done

# refused STATUS PATTERN OPTION…: before the PACS is asked.
refused() {
	run dicom-qr query "pacs://127.0.0.1:1" "${@:2}"
	expect_status 2
	expect_only_err "$1"
}
refused 'exclude each other' --from today --study-date today
refused '--from .* is after' --from 2024-02-01 --until 2024-01-01
refused '--from: .* is not a day' --from 2024-01
refused 'day 30 does not exist' --until 2024-02-30
refused 'is not a time' --study-time 2500-2600
refused 'ends before it begins' --study-time 1200-1100
refused 'PATIENT level needs the model' --level PATIENT
refused 'patients have no such thing' --level PATIENT --model patient --modality CT
refused 'has no SERIES level' --level SERIES --model patient-study --study-uid 1.2
refused '--sort: .* is not an attribute' --sort studydate
refused 'goes with --format table or json' --tree --format csv
expect_no_process findscu dcmdump
