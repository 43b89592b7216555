#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# C-MOVE to somebody else's storescp: it gets the files; we say what the PACS counted, and that nothing was seen here.
. "${srcdir:-.}/tests/lib.sh" || exit 1

start_storescp ELSEWHERE
DESTS=("ELSEWHERE 127.0.0.1 $STORE_PORT")
start_both
declare -A unknown=([dcmqrscp]=6 [orthanc]=3)		# Orthanc's status does not say why
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	run dicom-qr "$NODE" --move-dest ELSEWHERE --auto --output "$OUT"
	expect_status 0
	expect_err '7 studies: 7 unverified'
	expect_err '^The files went to ELSEWHERE, unseen here'
	expect_no_err '[0-9] of [0-9]+ objects'
	expect_files "$OUT" 0
	expect_same_objects "$ARCHIVE" "$STORE_DIR"
	rm "$STORE_DIR"/*

	run dicom-retrieve "$NODE" --move-dest ELSEWHERE --study-uid "$(study 2)" --output "$OUT" --validate
	expect_status 0
	expect_err 'nothing to validate'
	some_of_archive 's2-*'
	expect_same_objects "$SOME" "$STORE_DIR"
	rm "$STORE_DIR"/*

	run dicom-qr "$NODE" --auto --method c-move --output "$OUT"
	expect_status 2
	expect_err 'C-MOVE requires --move-dest'
	run dicom-qr "$NODE" --move-dest NOWHERE --auto --output "$OUT"
	expect_status ${unknown[$pacs]}
	expect_err 'AE title NOWHERE|does not know .*NOWHERE'
	expect_files "$OUT" 0
done
expect_files "$STORE_DIR" 0
