#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Nightly runs against archives that do not count, do not list, ignore the dates, or cut what cannot be divided; by C-MOVE to ourselves
# and to others; over midnight; with a selection; and with what was brought by other means.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/sync.sh" || exit 1

need dcmodify
fresh() {
	export DICOM_QR_LEDGER=$T/$1.db OUT=$T/$1
	rm -rf "${DATA:?}"/*
	add 1 20260301 2
	add 2 20260302 2 MR
	forget_log
}
nothing_new() {		# NOW [OPTION…]: silence, and nothing is sent
	forget_log
	night "$@"
	silence
	expect_sent 0
}
no_counts="find-omit NumberOfStudyRelatedInstances"

# It does not count: growth is seen in the list.
fresh counts
serve "$no_counts"
night 2026-03-03T02:00:00 -q
silence
nothing_new 2026-03-04T02:00:00
expect_watermark 20260303
add 2 20260302 3 MR
night 2026-03-05T02:00:00
one_line ': 2 studies: 2 complete; 1 object'
expect_same_objects "$DATA" "$OUT"

# It does not count and does not list: what came once is not fetched again.
fresh lists
serve "$no_counts"$'\n'"find-level-refuse IMAGE a900"$'\n'"find-level-refuse SERIES a900"
night 2026-03-03T02:00:00
expect_out ': 2 studies: 2 unverified; 4 objects'
nothing_new 2026-03-04T02:00:00
expect_watermark 20260303

# Its count is ahead of what it lists: what comes afterwards is seen, though the count stays.
fresh ahead
serve "find-lie-count 1"
night 2026-03-03T02:00:00 -q
silence
expect_sent 4
add 1 20260301 3
serve
night 2026-03-04T02:00:00
one_line ': 1 study: 1 complete; 1 object'
nothing_new 2026-03-05T02:00:00
[ "$(requests)" = 'find STUDY' ] || fail "$(requests)"

# It refuses whatever is asked: no day was covered.
fresh refused
serve "find-refuse a700 level STUDY"
night 2026-03-05T02:00:00
[ "$status" -eq 5 ] || expect_status 3
expect_no_out ': [0-9]+ stud'
for day in 2026-03-02 2026-03-03 2026-03-04; do
	[ -z "$(state_of $day)" ] || expect_day $day 'not covered'
done
expect_watermark ''

# It ignores the dates.
fresh dates
add 3 20250101 2
serve "find-ignore StudyDate"
night 2026-03-03T02:00:00 -q
silence
expect_sent 4
expect_files "$OUT" 4

# A study that cannot be asked for is told of each night.
fresh nameless
dcmodify -q -nb -nrc -m "(0020,000d)=1.2.X" "$DATA"/2/* || fail "dcmodify"
serve
night 2026-03-03T02:00:00 -q
expect_status 3
expect_only_err '^dicom-qr: error: 1 answer without a usable Study Instance UID'
expect_files "$OUT" 2
expect_watermark 20260301
expect_day 2026-03-01 complete
expect_day 2026-03-02 'not covered'

# One second holds more than it answers: the days before count, for the watermark and in the calendar.
fresh seconds
"$BULK" "$DATA/many" --studies 40 --series 1 --images 1 --size 200 --prefix 1.2.3.99 --date 20260303 >/dev/null
dcmodify -q -nb -i "(0008,0030)=120000" "$DATA"/many/*
serve "find-cap 5 a700 level STUDY"
night 2026-03-05T02:00:00
expect_status 3
expect_err '^dicom-qr: error: not whole: 20260303'
expect_watermark 20260302
expect_day 2026-03-02 complete
[[ $(state_of 2026-03-03) =~ 'not covered'|incomplete ]] || fail "2026-03-03 is $(state_of 2026-03-03)"
serve
night 2026-03-07T02:00:00
expect_status 0
expect_asked 20260302-20260307	# no further back than it began
expect_watermark 20260306
expect_day 2026-03-03 complete
expect_same_objects "$DATA" "$OUT" --subset
expect_files "$OUT" 42

# By C-MOVE to ourselves; and to somebody else, where only the count tells what is new.
fresh moved
LISTEN_PORT=$(free_port)
destination="destination DICOMQR 127.0.0.1 $LISTEN_PORT"
start_storescp ELSEWHERE
serve "$destination"$'\n'"destination ELSEWHERE 127.0.0.1 $STORE_PORT"
OPTIONS=(--retries 0 --listen "$LISTEN_PORT")
night 2026-03-03T02:00:00 -q
silence
nothing_new 2026-03-04T02:00:00
add 2 20260302 3 MR
night 2026-03-05T02:00:00
one_line ': 1 study, 1 of them grown: 1 complete; 1 object'
expect_same_objects "$DATA" "$OUT"
OPTIONS=(--retries 0 --move-dest ELSEWHERE)
forget_log
night 2026-03-04T02:00:00 -q
silence
expect_sent 5
nothing_new 2026-03-06T02:00:00
add 2 20260302 5 MR
forget_log
night 2026-03-06T03:00:00
one_line ': 1 study, 1 of them grown: 1 (complete|unverified); 5 objects sent to ELSEWHERE in '
[ "$(requests | grep -c '^move')" -eq 1 ] || fail "not one C-MOVE"
nothing_new 2026-03-06T04:00:00
[ "$(sqlite3 "$DICOM_QR_LEDGER" 'select count(*) from sync')" -eq 2 ] || fail "another destination is not another run"
OPTIONS=(--method c-get --retries 0)

# Begun before midnight, answered after: the day was not over.
fresh midnight
serve "find-row-delay 800 level STUDY"
night 2026-03-02T23:59:59
expect_status 0
expect_day 2026-03-02 'partly covered'
expect_watermark 20260301
serve

# What was here before the first run, and what another command brought or left half done.
fresh before
run env DICOM_QR_NOW=2026-03-02T12:00:00 dicom-qr "$NODE" --method c-get --auto --output "$OUT"
expect_status 0
nothing_new 2026-03-03T02:00:00 -q
[ "$(requests)" = 'find STUDY' ] || fail "what is here was asked about: $(requests)"
expect_watermark 20260302
expect_day 2026-03-02 complete
add 3 20260303 4
serve "retrieve-lose 1.2.3.3.4.1.1.2"
night 2026-03-04T02:00:00 -q
expect_status 3
job=$(sqlite3 "$DICOM_QR_LEDGER" 'select max(id) from job')
serve
run env DICOM_QR_NOW=2026-03-04T09:00:00 dicom-qr resume "$job" --output "$OUT"
expect_status 0
nothing_new 2026-03-05T02:00:00
expect_watermark 20260304
expect_day 2026-03-03 complete

# A selection: what it leaves out is not asked about again until it grows.
fresh selected
serve
night 2026-03-03T02:00:00 -q --select dose
silence
nothing_new 2026-03-04T02:00:00 --select dose
[ "$(requests)" = 'find STUDY' ] || fail "$(requests)"
add 1 20260301 3
forget_log
night 2026-03-05T02:00:00 --select dose
silence
[ "$(requests | grep -c 'find SERIES')" -eq 1 ] || fail "what grew was not looked at"
expect_sent 0
expect_watermark 20260304
pass
