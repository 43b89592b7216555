#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --validate: reads all files of the retrieved studies once more, and says how many are valid; a spoiled one is found.
. "${srcdir:-.}/tests/lib.sh" || exit 1

start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	run dicom-qr "$NODE" --method c-get --retry-wait 0 --auto --validate --output "$OUT"
	expect_status 0
	expect_out '^Validation: 41 valid, 0 invalid files$'
	expect_same_objects "$ARCHIVE" "$OUT" "${AS_GOT[@]}"

	run dicom-retrieve "$NODE" --listen "$LISTEN_PORT" --study-uid "$(study 1)" --hierarchical --validate --output "$OUT-one"
	expect_status 0
	expect_out '^Validation: 21 valid, 0 invalid files$'

	file=$(find "$OUT" -name "*.$(study 2 | sed 's/\.2\.2$/.4.2.1.7/')")
	truncate -s -1000 "$file"
	run dicom-qr "$NODE" --method c-get --retry-wait 0 --auto --patient-id P-1002 --validate --output "$OUT"
	expect_status 3
	expect_out '^Validation: [0-9]+ valid, 1 invalid files?$'
	expect_err "invalid: .*1.2.826.0.1.3680043.10.1338.4.2.1.7"
done
