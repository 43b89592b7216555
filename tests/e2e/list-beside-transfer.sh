#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A study of which nothing is here is asked for while its list still comes; the list judges what came, however late it is, and
# what it shows to be missing is asked for by name.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
mkdir "$T/one"
grep -lF "$STUDY" -r "$DATA" | xargs cp -t "$T/one"
WANTED=$T/one

# one NAME METHODS SCENARIO [OPTION…]: study 2 alone, which comes whole and once; what else holds is in checks.
one() {
	local method
	for method in $2; do
		prepare_row "$1" "$method"
		start_bad "$3"
		RUN_LIMIT=100 run dicom-qr retrieve "pacs://127.0.0.1:$BAD_PORT" --study-uid "$STUDY" --output "$OUT" --retry-wait 1 \
			--progress plain "${HOW[@]}" "${@:4}"
		expect_status 0
		expect_err '1 study: 1 complete;'
		expect_same_objects "$WANTED" "$OUT"
		expect_once
		checks "$method"
		stop_peer "$BAD_PID"
	done
}

# in_order PATTERN…: lines of the PACS's log, one after the other.
in_order() {
	local pattern at=0 next
	for pattern; do
		next=$(awk -v at=$at -v p="$pattern" 'NR > at && $0 ~ p { print NR; exit }' "$T/badpacs.log")
		[ -n "$next" ] || fail "not in the PACS's log, or too early: $pattern"
		at=$next
	done
}

times() { [ "$(grep -cE "$2" "$T/badpacs.log")" -eq "$1" ] || fail "not $1 times in the PACS's log: $2"; }

# The whole study is asked for once, before the list is over.
checks() {
	in_order "^$1 STUDY " "^find IMAGE .* final 0x0000"
	times 1 "^$1 "
}
one "the list comes late" "get move" "find-row-delay 150 level IMAGE"

checks() {
	in_order "^$1 STUDY " "^find IMAGE .* final 0x0000" "^$1 IMAGE .*$OBJECT"
	times 2 "^$1 "
}
one "the list comes late, and an object is lost" "get move" "find-row-delay 150 level IMAGE
	retrieve-lose $OBJECT times 1"

# Beside the transfer it failed; after it, it is answered.
checks() { in_order "^$1 STUDY " "^final " "^find IMAGE .* final 0x0000"; }
one "the list breaks off beside the transfer" get "find-abort-after 3 level IMAGE times 2
	retrieve-stall-after 4 1"

checks() {
	in_order "^find IMAGE .* rows 8" "^find SERIES .* final (0xc000|aborted)" "^find IMAGE .* rows 8"
	times 1 "^get "
}
one "series queries are refused" get "find-level-refuse SERIES c000
	find-omit NumberOfStudyRelatedInstances"
one "a second query breaks the association" get "find-abort-after 0 level SERIES
	find-omit NumberOfStudyRelatedInstances"

# What is held in part is listed first: only what is missing is sent.
checks() {
	find "$OUT" -name "*$OBJECT" -type f -delete
	: >"$T/badpacs.log"
	RUN_LIMIT=100 run dicom-qr retrieve "pacs://127.0.0.1:$BAD_PORT" --study-uid "$STUDY" --output "$OUT" "${HOW[@]}"
	expect_status 0
	expect_same_objects "$WANTED" "$OUT"
	in_order "^find IMAGE " "^get IMAGE .*$OBJECT"
	times 1 "^sent "
}
one "held in part" get ""

# A list of 100 may have been cut; with 60 objects in each of two series it was.
"$BULK" "$T/more" --studies 1 --series 2 --images 60 --size 500 >/dev/null
DATA=$T/more WANTED=$T/more STUDY=$ROOT.2.1
checks() { times 1 "^get STUDY "; }
one "a list cut at 100 without a word, and no counts" get "find-cap 100 silent level IMAGE
	find-omit NumberOfStudyRelatedInstances NumberOfSeriesRelatedInstances"
expect_err '120 objects'
