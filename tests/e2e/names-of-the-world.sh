#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Names in ISO_IR 100, ISO 2022 IR 87, GB18030 and UTF-8 are shown as they are, and found; --charset where the PACS compares bytes.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need jq
start_both

# expect_found NAME ID… [-- OPTION…]: asking for the name finds patients with these Patient IDs.
expect_found() {
	local name=$1 ids=()
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		ids+=("$1")
		shift
	done
	run dicom-query "$NODE" --patient-name "$name" --format json "${@:2}"
	expect_status 0
	[ "$(jq -r '.[].PatientID' "$T/out" | sort -u)" = "$(printf '%s\n' "${ids[@]}")" ] || fail "$name finds $(cat "$T/out")"
}

for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	run dicom-query "$NODE" --format json --return InstitutionName
	expect_status 0
	while IFS='|' read -r id name; do
		jq -e --arg id "$id" --arg name "$name" 'any(.[]; .PatientID == $id and .PatientName == $name)' "$T/out" >/dev/null ||
			fail "$name is not shown: $(cat "$T/out")"
	done <<-'END'
		P-1001|Müller^Jürgen
		P-1002|Yamada^Tarou=山田^太郎=やまだ^たろう
		G/1003 B|Wang^XiaoDong=王^小东
		P-1004|Παπαδόπουλος^Νίκος
		P-1005|O'Brien^Mary Ann^^Dr.
	END
	jq -e 'any(.[]; .StudyDescription == "US Άνω κοιλία")' "$T/out" >/dev/null || fail "the Greek description"

	# dcmqrscp compares bytes, and case; a key is sent in the character set of --charset
	expect_found 'Müller*' P-1001 -- --charset 'ISO_IR 100'
	expect_found 'Müller^Jürgen' P-1001 -- --charset 'ISO_IR 100'
	expect_found '*山田*' P-1002 -- --charset 'ISO 2022 IR 87'
	expect_found '*やまだ^たろう' P-1002 -- --charset '\ISO 2022 IR 87'
	expect_found 'Wang^XiaoDong=王^小东' 'G/1003 B' -- --charset GB18030
	expect_found 'Παπαδ*^Νίκος' P-1004
	expect_found 'O'\''Brien*' P-1005
	expect_found 'Nobody*' ''
done

# Orthanc knows what the names mean: any character set does, and any case
expect_found 'MÜLLER*' P-1001
expect_found 'müller*' P-1001 -- --charset 'ISO_IR 192'
expect_found '*山田*' P-1002
expect_found 'παπαδόπουλος*' P-1004
run dicom-qr "$NODE" --method c-get --auto --patient-name '*山田*' --output "$OUT" --validate
expect_status 0
some_of_archive 's2-*'
expect_same_objects "$SOME" "$OUT"

run dicom-query "$NODE" --patient-name 'Müller*' --charset 'ISO_IR 1'
expect_status 2
run dicom-query "$NODE" --patient-name '山田*' --charset 'ISO_IR 100'
expect_status 2
