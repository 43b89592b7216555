#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --max-studies 2: two studies, whole; asked again, the next two.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need jq
start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	run dicom-qr "$NODE" --listen "$LISTEN_PORT" --auto --max-studies 2 --output "$OUT" --save-state "$T/$pacs.state"
	expect_err '2 studies: 2 complete|2 complete'
	expect_same_objects "$ARCHIVE" "$OUT" --subset
	mapfile -t uids < <(jq -r '.studies[] | select(.status == "complete") | .studyInstanceUID' "$T/$pacs.state")
	[ ${#uids[@]} -eq 2 ] || fail "not two complete in the state"
	some_of_archive "s${uids[0]##*.}-*" "s${uids[1]##*.}-*"
	expect_same_objects "$SOME" "$OUT"
	[ "$(jq '[.studies[] | select(.status == "skipped")] | length' "$T/$pacs.state")" -eq 5 ] || fail "not five left out"

	for n in 2 3 4; do
		run dicom-qr "$NODE" --listen "$LISTEN_PORT" --auto --max-studies 2 --output "$OUT"
	done
	expect_same_objects "$ARCHIVE" "$OUT"
done
