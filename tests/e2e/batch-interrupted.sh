#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A batch whose lines are being asked loses nothing by an outage, a signal or kill -9: the same command goes on, each line is asked once.
# The account is true at each of these moments, and tells in the end what came of each line.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 8 --series 1 --images 2 --size 2000 >/dev/null
account=$T/account.csv

# cells COLUMN: this column of the account, one value after the other.
cells() {
	/usr/bin/python3 -c "
import csv, sys
print(' '.join(r[sys.argv[2]] or '-' for r in csv.DictReader(open(sys.argv[1], encoding='utf-8', newline=''))))" "$account" "$1"
}

# has COLUMN VALUES…
has() { [ "$(cells "$1")" = "${*:2}" ] || fail "$1: $(cells "$1") instead of ${*:2}"; }

# lines FILE: accession numbers of studies 1 to 8, one that nobody has, one twice; a column that is no attribute.
{
	echo "Pseudonym,AccessionNumber"
	for n in 1 2 3 4 5 6 7 8; do echo "P$n,BULK00000$n"; done
	echo "P9,NOBODY"
	echo "P10,BULK000003"
} >"$T/list.csv"

# fetch OPTION…: always the same command.
fetch() { "$1" dicom-qr "PACS@127.0.0.1:$BAD_PORT" --method c-get --auto --batch "$T/list.csv" --batch-report "$account" -o "$T/files" --retries 0; }
again() {
	stop_peer "$BAD_PID"
	start_badpacs "$1" "$T/data"
}
study_queries() { grep -c '^find STUDY' "$T/badpacs.log"; }
asked() { [ "$(study_queries)" -ge "$1" ]; }

# an outage
start_badpacs "" "$T/data"
again "down-after 3"
fetch run
expect_status 5
expect_err 'column .Pseudonym. is no DICOM keyword'
expect_err 'of 10 lines are answered and kept: the same command goes on from there'
expect_files "$T/files" 0
first=$(study_queries)
[ "$first" -gt 0 ] && [ "$first" -lt 8 ] || fail "$first queries before the outage"
has Pseudonym P1 P2 P3 P4 P5 P6 P7 P8 P9 P10
[ "$(cells Outcome | grep -o found | wc -l)" -eq "$first" ] || fail "not $first found: $(cells Outcome)"
grep -q '^11,P10,BULK000003,not asked,0,' "$account" || fail "a line that was not asked is not told of"

# a signal, and kill -9, with a PACS that takes its time
again "find-stall-after 0 1"
for signal in TERM KILL; do
	before=$(study_queries)
	fetch begin
	wait_for 60 asked $((before + 2))
	finish $signal
	[ "$status" -ne 0 ] || fail "it ended well"
done
again ""
fetch run
expect_status 0
expect_err 'lines were asked before an interruption: the answers that were kept are used'
expect_err '^10 lines: 8 studies, 1 not found, 1 named twice$'
expect_same_objects "$T/data" "$T/files"
has Outcome found found found found found found found found none found
has Verdict complete complete complete complete complete complete complete complete - complete
has Objects 2 2 2 2 2 2 2 2 - 2
has Expected 2 2 2 2 2 2 2 2 - 2
has Folder "$T/files" "$T/files" "$T/files" "$T/files" "$T/files" "$T/files" "$T/files" "$T/files" - "$T/files"
# one query a line; what was under way when a signal came is asked once more
[ "$(study_queries)" -le 12 ] || fail "$(study_queries) queries for ten lines"

# once it has been asked to its end, it is asked anew; a line that is there twice is asked once
before=$(study_queries)
fetch run
expect_status 0
[ "$(study_queries)" -eq $((before + 9)) ] || fail "old answers were used"
has Verdict complete complete complete complete complete complete complete complete - complete

# a plan that is carried on writes the account anew
rm -rf "$T/files" "$account"
run dicom-qr "PACS@127.0.0.1:$BAD_PORT" --method c-get --review --batch "$T/list.csv" --batch-report "$account" -o "$T/files" --save-state "$T/q.state"
expect_status 0
has Verdict wanted wanted wanted wanted wanted wanted wanted wanted - wanted
run dicom-qr resume --state "$T/q.state"
expect_status 0
has Verdict complete complete complete complete complete complete complete complete - complete
grep -q '"Pseudonym": "P4"' "$T/q.state" || fail "the column is not handed on"
