#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A PACS that cuts its answers, in every style: each study is found exactly once, or the window is named that could not be made
# whole and the status is 3.
. "${srcdir:-.}/tests/lib.sh" || exit 1

RUN_LIMIT=90

uids_of() { dcmdump -q +sd +P 0020,000d "$1" | tr -d '[]' | awk '$3 { print $3 }' | sort; }

"$BULK" "$T/data" --studies 91 --series 1 --images 1 --size 64 --spread --modality CT --patients 30
"$BULK" "$T/day" --studies 24 --series 1 --images 1 --size 64 --modality CT
DATA=$T/data
uids_of "$DATA" >"$T/all"
[ "$(wc -l <"$T/all")" -eq 91 ] || fail "the data are others"

# asked OPTION…: with a ledger that knows nothing, unless KNOWN is set.
asked() {
	[ -n "${KNOWN-}" ] || rm -f "$DICOM_QR_LEDGER"*
	run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --format csv "$@"
	sed '1d' "$T/out" | grep -oE '1\.2\.826[0-9.]+' | sort >"$T/found"
}

# whole SCENARIO [OPTION…]: everything exactly once.
whole() {
	[ -z "${BAD_PID-}" ] || stop_peer "$BAD_PID"
	start_badpacs "aetitle PACS
$1" "$DATA"
	asked "${@:2}"
	expect_status 0
	cmp -s "$T/all" "$T/found" || fail "$1: $(wc -l <"$T/found") rows, $(uniq "$T/found" | wc -l) different"
}

covered() { expect_err 'covered in [0-9]+ quer(y|ies), n(one left|ot) cut'; }

for style in silent fe00 a700 a701 a700-norows b000; do
	whole "find-cap 20 $style"
	covered
done
whole "find-cap 20 fe00" --study-date 2024-01-01/2024-01-31
expect_err '20240101-20240131 covered'
whole "find-cap 20 fe00
find-duplicate-rows"
whole "find-cap 20 silent
find-pad-uids
find-omit NumberOfStudyRelatedInstances ModalitiesInStudy"
whole "find-charset none"
whole "find-abort-after 25"
covered
whole "find-close-after 25"
whole "find-abort-after 25 times 1"
whole "find-stall-after 10 1 times 1"

# what was learned is used: no answer is cut any more, and few requests are needed
whole "find-cap 20 fe00"
KNOWN=yes asked
expect_status 0
cmp -s "$T/all" "$T/found" || fail "the second query found something else"
[ "$(grep -c '^find ' "$T/badpacs.log")" -gt 0 ] || fail "no queries"
sent=$(grep -oE 'covered in [0-9]+' "$T/err" | grep -oE '[0-9]+$')
[ "$sent" -le 16 ] || fail "$sent requests for 91 rows in answers of 20"

# the limit was raised since: forgotten
whole "find-cap 20 fe00"
printf 'aetitle PACS\n' >"$T/badpacs.scenario"
kill -HUP "$BAD_PID"
KNOWN=yes asked
expect_status 0
cmp -s "$T/all" "$T/found" || fail "after the limit was raised, something else was found"
KNOWN=yes asked
expect_no_err 'covered in [0-9]+ queries'

# what cannot be made whole is named
stop_peer "$BAD_PID"
start_badpacs "aetitle PACS
find-final c001 out-of-order" "$T/data"
asked
expect_status 3
expect_err 'not whole'
cmp -s "$T/all" "$T/found" || fail "failing ends: $(wc -l <"$T/found") rows"
stop_peer "$BAD_PID"
start_badpacs "aetitle PACS
find-refuse a700" "$T/data"		# refuses whatever is asked: given up
: >"$T/badpacs.log"
asked
expect_status 5
[ ! -s "$T/found" ] || fail "rows from nowhere"
[ "$(grep -c '^find ' "$T/badpacs.log")" -lt 60 ] || fail "asked $(grep -c '^find ' "$T/badpacs.log") times"

# a day with more studies than an answer holds
DATA=$T/day
uids_of "$DATA" >"$T/all"
for style in silent fe00 a700-norows; do
	whole "find-cap 10 $style"
	expect_err 'studies without a date or time cannot'
done
whole "find-cap 10 a701" --study-date 20240101 --study-time 0000-2359
expect_err '20240101 covered'

# below the level of studies nothing can be asked for in pieces: a round number is told
"$BULK" "$T/series" --studies 1 --series 1 --images 110 --size 16 --modality CT
stop_peer "$BAD_PID"
for cap in 100 110; do
	start_badpacs "aetitle PACS
find-cap $cap silent" "$T/series"
	asked --level IMAGE --study-uid "$(uids_of "$T/series" | head -n 1)"
	expect_status 0
	[ $cap = 110 ] || expect_err '100 answers, a round number: whether the PACS has more cannot be found out here'
	[ $cap = 100 ] || expect_no_err 'round number'
	stop_peer "$BAD_PID"
done
BAD_PID=

# more studies in one second than an answer holds
cp -r "$T/day" "$T/same"
dcmodify -q -nb -ie -ma "(0008,0020)=20240110" -ma "(0008,0030)=101500" "$T"/same/*
start_badpacs "aetitle PACS
find-cap 20 fe00" "$T/same"
asked
expect_status 3
expect_err 'not whole: .*20240110 101500-101500'
expect_no_process findscu dcmdump
