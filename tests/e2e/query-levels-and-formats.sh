#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# dicom-query at each level in each format: the same rows, and documents that other programs read.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need jq python3
root=1.2.826.0.1.3680043.10.1338
start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	while read -r level rows uid keys; do
		# shellcheck disable=SC2206  # words
		ask=(dicom-query "$NODE" --level $level $keys)
		[ $level != PATIENT ] || ask+=(--model patient)
		run "${ask[@]}" --format json
		expect_status 0
		python3 -m json.tool "$T/out" >/dev/null || fail "no JSON"
		jq -S -c '.[]' "$T/out" | sort >"$T/json"
		[ "$(wc -l <"$T/json")" -eq "$rows" ] || fail "$(wc -l <"$T/json") rows instead of $rows at $level of $pacs"
		[ "$(jq -r ".[].$uid" "$T/out" | sort -u | grep -c .)" -eq "$rows" ] || fail "$uid is not in each row"
		[ "$rows" -gt 1 ] || continue

		run "${ask[@]}" --format jsonl
		expect_status 0
		jq -S -c . "$T/out" | sort | cmp - "$T/json" || fail "jsonl says something else"

		run "${ask[@]}" --format csv
		expect_status 0
		python3 -c 'import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
assert all(None not in row and None not in row.values() for row in rows), "ragged"
print("\n".join(sorted(row[sys.argv[2]] for row in rows)))' "$T/out" $uid >"$T/csv"
		jq -r ".$uid" "$T/json" | sort | cmp - "$T/csv" || fail "csv says something else"

		COLUMNS=200 run "${ask[@]}" --format table
		expect_status 0
		[ "$(wc -l <"$T/out")" -eq $((rows + 2)) ] || fail "a table of other rows at $level: $(cat "$T/out")"
		while read -r value; do
			grep -qF "$value" "$T/out" || fail "$value is not in the table"
		done <"$T/csv"
	done <<-END
		PATIENT 5 PatientID
		PATIENT 1 PatientID --patient-id P-1001
		STUDY 7 StudyInstanceUID
		STUDY 2 StudyInstanceUID --study-date 2024-03-01-2024-03-31
		SERIES 3 SeriesInstanceUID --study-uid $root.2.1
		SERIES 1 SeriesInstanceUID --study-uid $root.2.1 -k Modality=SR
		IMAGE 12 SOPInstanceUID --study-uid $root.2.1 --series-uid $root.3.1.1
		IMAGE 1 SOPInstanceUID --study-uid $root.2.1 --series-uid $root.3.1.1 -k InstanceNumber=5
	END
	run dicom-query "$NODE" --study-uid $root.2.1 --return ReferringPhysicianName -k 0008,0080 --format json
	expect_status 0
	jq -e '.[0].ReferringPhysicianName == "House^Gregory"' "$T/out" >/dev/null || fail "no --return: $(cat "$T/out")"

	run dicom-query "$NODE" --patient-id NOBODY --format json
	expect_status 0
	[ "$(jq length "$T/out")" -eq 0 ] || fail "somebody"
	run dicom-query "$NODE" --patient-id NOBODY --fail-if-empty
	expect_status 4
	expect_out '^Nothing found$'
	run dicom-query "$NODE" --patient-id NOBODY --format csv
	expect_no_out Nothing
done
