#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# C-MOVE with --listen: what is moved is received here, as it is stored, compressed or not.
. "${srcdir:-.}/tests/lib.sh" || exit 1

start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	run dicom-qr "$NODE" --listen "$LISTEN_PORT" --auto --output "$OUT"
	expect_status 0
	expect_err '7 studies: 7 complete.* 41 objects'
	expect_same_objects "$ARCHIVE" "$OUT"

	run dicom-retrieve "$NODE" --listen "$LISTEN_PORT" --study-uid "$(study 3)" --output "$OUT-3"
	expect_status 0
	some_of_archive 's3-*'
	expect_same_objects "$SOME" "$OUT-3"

	# the method that goes over to C-MOVE by itself has nothing to go over for
	run dicom-qr "$NODE" --method auto --listen "$LISTEN_PORT" --auto --patient-id P-1001 --output "$OUT-auto"
	expect_status 0
	some_of_archive 's1-*' 's7-*'
	expect_same_objects "$SOME" "$OUT-auto"
done
expect_no_process findscu movescu storescp dcmdump
! listening "$LISTEN_PORT" || fail "still listening"
