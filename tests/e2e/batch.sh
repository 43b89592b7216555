#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --batch: each line of a CSV file is resolved by a query and accounted for before anything is retrieved.
# shellcheck disable=SC2119  # functions with arguments of their own
. "${srcdir:-.}/tests/lib.sh" || exit 1

# accounts LINE OUTCOME STUDIES [REASON]: what the account says of a line of the file.
accounts() {
	/usr/bin/python3 -c "
import csv, sys
row = {r['Line']: r for r in csv.DictReader(open(sys.argv[1], encoding='utf-8', newline=''))}[sys.argv[2]]
assert (row['Outcome'], row['Studies']) == (sys.argv[3], sys.argv[4]), row
assert len(row['StudyInstanceUIDs'].split()) == int(sys.argv[4]), row
assert len(sys.argv) < 6 or sys.argv[5] in row['Reason'], row" "$ACCOUNT" "$@" || fail "line $1 is accounted for otherwise"
}

start_both
printf '%s\r\n' '"AccessionNumber",PatientID,StudyDate,PatientName' \
	'A2024-0001,,,' ',P-1005,,' ',P-1005,2024-03-12,' 'NOTHING-1,,,' ',,2024-13-01,' ',,,"O'"'"'Brien^Mary*"' '' ',,,' 'A2024-0107,P-1001' \
	',,,Παπαδόπουλος*' 'A2024-0107,P-1001,20240322,"Müller^Jürgen"' >"$T/list.csv"
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	run dicom-qr query "$NODE" --batch "$T/list.csv"
	expect_status 3
	cp "$T/out" "$T/account"
	ACCOUNT=$T/account
	[ "$(wc -l <"$T/account")" -eq 11 ] || fail "not every line is accounted for"
	accounts 2 found 1
	accounts 3 several 2
	accounts 4 found 1
	accounts 5 none 0
	accounts 6 error 0 'month 13 does not exist'
	[ $pacs = dcmqrscp ] || accounts 7 several 2
	accounts 9 error 0 'no value to ask by'
	accounts 10 error 0 '2 fields instead of 4'
	[ $pacs = dcmqrscp ] || accounts 11 found 1
	accounts 12 found 1
	expect_err '10 lines: .* 3 with an error'

	# with a file for it, the studies are shown, each once
	printf 'PatientID;StudyDescription\nP-1005;\nP-1005;Referral*\n' >"$T/two.csv"
	run dicom-qr query "$NODE" --batch "$T/two.csv" --batch-report "$T/account2" --format jsonl
	expect_status 0
	[ "$(wc -l <"$T/out")" -eq 2 ] || fail "not two studies"
	ACCOUNT=$T/account2
	accounts 2 several 2
	accounts 3 found 1

	# a spreadsheet takes no cell of the account for a formula, and what it saves is read again
	printf 'PatientID,StudyDescription\n=cmd|calc,\nP-1005,-Referral\n' >"$T/formulas.csv"
	run dicom-qr query "$NODE" --batch "$T/formulas.csv"
	expect_status 0
	grep -qxF "2,'=cmd|calc,,none,0,,,,,,," "$T/out" || fail "a formula in the account"
	grep -q "^3,P-1005,'-Referral,none," "$T/out" || fail "a formula in the account"
	(echo PatientID,StudyDescription; sed 1d "$T/out" | cut -d, -f2,3) >"$T/saved.csv"
	cp "$T/out" "$T/first"
	run dicom-qr query "$NODE" --batch "$T/saved.csv"
	cmp "$T/first" "$T/out" || fail "what the account holds is read as something else"

	# a cell is a value and no pattern
	printf 'AccessionNumber,PatientName\n*,\nA2024-00*,\n,*\n' >"$T/stars.csv"
	run dicom-qr query "$NODE" --batch "$T/stars.csv"
	expect_status 3
	cp "$T/out" "$T/account4"
	ACCOUNT=$T/account4
	accounts 2 error 0 "'*' alone matches everything"
	accounts 3 error 0 'identifiers match exactly'
	accounts 4 error 0 "'*' alone matches everything"
	run dicom-qr query "$NODE" --batch "$T/stars.csv" --batch-patterns
	expect_status 3
	cp "$T/out" "$T/account4"
	accounts 2 error 0 "'*' alone matches everything"
	grep -q '^3,.*,several,' "$T/account4" || fail "the pattern is not asked for"

	# and a whole job
	printf 'AccessionNumber\nA2024-0080\nA2024-0003\nA2024-0080\nNOBODY\n' >"$T/three.csv"
	run dicom-qr "$NODE" --method c-get --auto --batch "$T/three.csv" --batch-report "$T/account3" -o "$OUT"
	expect_status 0
	expect_out '^Found 2 studies'
	expect_files "$OUT" 3
	ACCOUNT=$T/account3
	accounts 4 found 1
	accounts 5 none 0

done

# what is no such file is refused before the PACS is asked
# shellcheck disable=SC2059  # escapes are wanted
refused() {
	printf "$1" >"$T/bad.csv"
	run dicom-qr query pacs://127.0.0.1:1 --batch "$T/bad.csv"
	expect_status 2
	expect_only_err "$2"
}
refused '' 'it is empty'
refused 'AccessionNumber\n' 'a header and nothing else'
refused 'Accession\nA1\n' "'Accession' is not an attribute"
refused 'PatientID,PatientID\n1,2\n' 'is there twice'
refused 'PatientID\n"1\n' 'line 2: a quoted field does not end'
run dicom-qr query pacs://127.0.0.1:1 --batch "$T/none.csv"
expect_status 7
run dicom-qr query pacs://127.0.0.1:1 --batch "$T/two.csv" --level SERIES
expect_status 2
run dicom-qr query pacs://127.0.0.1:1 --batch-report "$T/x"
expect_status 2
# a PACS that is away ends it all, with nothing claimed
run dicom-qr query pacs://127.0.0.1:1 --batch "$T/two.csv"
expect_status 5
expect_no_out
expect_no_process findscu getscu
