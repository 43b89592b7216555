#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# 20,000 studies of a PACS that answers 200 at most, in every style: all of them, with at most 2.2 times the requests that full answers
# would take.  A limit that is no round number and goes without a word is noticed on the first answer; where there is none, that
# costs two requests once, and no limit is made of studies that come in meanwhile.
. "${srcdir:-.}/tests/lib.sh" || exit 1

mkdir "$T/none"

# asked SCENARIO [OPTION…]: $sent requests, by the program's own word and by that of the PACS
asked() {
	[ -z "${BAD_PID-}" ] || stop_peer "$BAD_PID"
	start_badpacs "aetitle PACS
$1" "$T/none"
	again "${@:2}"
}
again() {
	: >"$T/badpacs.log"
	run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --format jsonl -v "$@"
	expect_status 0
	sent=$(grep -c '^find ' "$T/badpacs.log")
}

# whole STUDIES MOST: each once, in at most so many requests
whole() {
	[ "$(wc -l <"$T/out")" -eq "$1" ] || fail "$(wc -l <"$T/out") rows of $1"
	[ "$(grep -oE '"1\.2\.826[0-9.]+"' "$T/out" | sort -u | wc -l)" -eq "$1" ] || fail "some twice"
	[ "$sent" -le "$2" ] || fail "$sent requests instead of $2"
}

in_queries() { expect_err "covered in $sent queries, none left cut"; }

# 100 full answers
asked "find-generate 20000 20230101 365
find-cap 200 silent"
whole 20000 220
in_queries
expect_err 'cuts its answers at 200 rows'

# 20 full answers, and some to find both ends
rm -f "$DICOM_QR_LEDGER"*
asked "find-generate 4000 20230101 73
find-cap 200 fe00
find-order reverse"
whole 4000 50
in_queries
rm -f "$DICOM_QR_LEDGER"*
asked "find-generate 4000 20230101 73
find-cap 200 a700
find-order mixed"
whole 4000 50
in_queries
for order in "" "find-order reverse" "find-order mixed"; do
	rm -f "$DICOM_QR_LEDGER"*
	asked "find-generate 3000 20230101 60
find-cap 337 silent
$order"
	whole 3000 35
	in_queries
	expect_err 'cuts its answers at 337 rows'
done

# no limit: made sure of once, believed then
rm -f "$DICOM_QR_LEDGER"*
asked "find-generate 947 20230101 365
find-omit InstanceAvailability"
whole 947 3
expect_err 'all dates covered in one query, not cut; 2 more made sure of it'
again
whole 947 1
# it told in none of many rows whether a study is online: it is not asked for that any more, and the rows look the same
grep -q 'find .*InstanceAvailability=' "$T/badpacs.log" && fail "InstanceAvailability was asked for again"
[ "$(grep -c '"InstanceAvailability":""' "$T/out")" -eq 947 ] || fail "the rows look otherwise"
again --study-date 2023-02-01/2023-02-28
[ "$sent" -eq 1 ] || fail "asked $sent times for less than was shown to be whole"
again --study-date 2023-01-01/2023-12-31 --limit 20
[ "$sent" -eq 1 ] || fail "asked $sent times for 20 rows"
asked "find-generate 1200 20230101 365"
whole 1200 3
DICOM_QR_NOW=$(date -u -d '+8 days' +%FT%T) again
whole 1200 3			# a week later it is looked at again

# studies come in while it is made sure: none is lost, and there is no limit
rm -f "$DICOM_QR_LEDGER"*
asked "find-generate 504 20230101 365
find-grow 2 2"
whole 504 4
expect_no_err 'cuts its answers'
expect_no_process findscu dcmdump
