#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --interactive: the list and the question as the manual shows them, the answer from a pipe.
. "${srcdir:-.}/tests/lib.sh" || exit 1

# choose ANSWER OPTION…
choose() {
	ran="echo '$1' | dicom-qr $NODE --interactive ${*:2}"
	status=0
	printf '%s' "$1" | dicom-qr "$NODE" --method c-get --retry-wait 0 --interactive "${@:2}" >"$T/out" 2>"$T/err" || status=$?
}

# number N: under which number study N of the archive was shown.
number() { awk -v uid="$(study "$1")" '/^\[/ { n = $1 } $1 == "UID:" && $2 == uid { print substr(n, 2, length(n) - 2) }' "$T/out"; }

start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	choose $'none\n' -o "$OUT"
	expect_status 0
	expect_out '^Found 7 studies$'
	expect_out '^\[7\] '
	expect_out '^    Date: 20240105  Modality: '
	expect_out "^    UID: $(study 1)\$"
	expect_out '^Enter study numbers to retrieve'
	expect_files "$OUT" 0

	choose "$(number 5), $(number 2)-$(number 2)" -o "$OUT"	# without a line end
	expect_status 0
	some_of_archive 's2-*' 's5-*'
	expect_same_objects "$SOME" "$OUT" "${AS_GOT[@]}"

	choose $'all\r\n' -o "$OUT"				# what is here is not fetched again
	expect_status 0
	expect_err '7 studies: 7 complete.* 29 objects'
	expect_same_objects "$ARCHIVE" "$OUT" "${AS_GOT[@]}"

	for wrong in 8 0 2-1 1-8 one 1,,2 99999999999999999999; do
		choose "$wrong"$'\n' -o "$OUT-wrong"
		expect_status 2
		expect_err 'the choice of studies'
		expect_files "$OUT-wrong" 0
	done
	choose '' -o "$OUT-wrong"
	expect_status 0
	expect_files "$OUT-wrong" 0
done
