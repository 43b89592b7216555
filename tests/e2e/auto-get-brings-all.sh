#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --auto --method c-get: everything that matches, and nothing else.
. "${srcdir:-.}/tests/lib.sh" || exit 1

start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	run dicom-qr "$NODE" --method c-get --retry-wait 0 --auto --output "$OUT"
	expect_status 0
	expect_out '^Found 7 studies'
	expect_err '7 studies: 7 complete.* 41 objects'
	expect_same_objects "$ARCHIVE" "$OUT" "${AS_GOT[@]}"

	run dicom-qr "$NODE" --method c-get --auto --patient-name 'M*' --patient-id P-1001 --study-date 20240101-20240131 \
		--output "$OUT-januar"
	expect_status 0
	some_of_archive 's1-*'
	expect_same_objects "$SOME" "$OUT-januar" "${AS_GOT[@]}"

	# dcmqrscp does not say which modalities a study has, and ignores the key
	run dicom-qr "$NODE" --method c-get --retry-wait 0 --auto --modality MR --study-description 'MR*' -o "$OUT-mr"
	expect_status 0
	some_of_archive 's2-*'
	expect_same_objects "$SOME" "$OUT-mr" "${AS_GOT[@]}"

	run dicom-qr "$NODE" --method c-get --retry-wait 0 --auto --desc-include thorax,brain --desc-exclude follow -o "$OUT-words"
	expect_status 0
	some_of_archive 's1-*' 's2-*'
	expect_same_objects "$SOME" "$OUT-words" "${AS_GOT[@]}"

	run dicom-qr "$NODE" --method c-get --retry-wait 0 --auto --patient-id NOBODY --output "$OUT-none"
	expect_status 0
	expect_out 'No studies found'
	expect_files "$OUT-none" 0
	run dicom-qr "$NODE" --method c-get --retry-wait 0 --auto --patient-id NOBODY --output "$OUT-none" --fail-if-empty
	expect_status 4
done
expect_no_process findscu getscu dcmdump
