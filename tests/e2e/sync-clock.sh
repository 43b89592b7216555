#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Nightly runs and the clock: set back and far ahead, the nights in which it changes, the ends of months and years, a leap day; and
# --settle, which leaves alone what is still being made.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/sync.sh" || exit 1

need dcmodify
# made NAME TIME: when the study was made; without TIME the archive does not know.
made() { dcmodify -q -nb -i "(0008,0030)=${2-}" "$DATA/$1"/* || fail "dcmodify"; }
fresh() { export DICOM_QR_LEDGER=$T/$1.db OUT=$T/$1; }

add 1 20260301 1
serve
fresh back
night 2026-03-05T02:00:00
expect_watermark 20260304
night 2026-03-20T02:00:00
expect_watermark 20260319

# Set back by ten days, to before the one but not the other: a warning, the days are asked for again, none is left out.
add 2 20260312 1
forget_log
night 2026-03-13T02:00:00
expect_status 0
expect_only_err 'the watermark 20260319 .* lies in the future and is not used: was the clock set back\?$'
expect_out ': 1 study: 1 complete; 1 object'
expect_asked 20260302-20260313
expect_watermark 20260312
night 2026-03-21T02:00:00
silence
expect_asked 20260309-20260321
expect_watermark 20260320

# Set back to before all that is known: nothing is remembered of that night, and nothing is lost.
night 1970-01-01T00:10:00
expect_status 0
expect_only_err 'the clock says that today is 19700101: nothing of this run is remembered$'
expect_watermark 20260320
night 2026-03-22T02:00:00
silence
expect_asked 20260317-20260322

# Far ahead for once: later that watermark counts for nothing.
night 2031-01-01T02:00:00
silence
expect_watermark 20301231
add 3 20260323 1
night 2026-03-25T02:00:00
expect_only_err 'the watermark 20301231 '
expect_out ': 1 study: 1 complete'
expect_asked 20260318-20260325
expect_watermark 20260324
night 2026-03-26T02:00:00
silence

# Ahead when it ran for the first time: what was there before and after is not lost.
fresh first
add 4 20260326 1
night 2031-01-01T02:00:00 -q
silence
expect_watermark 20301231
night 2026-03-27T02:00:00
expect_only_err 'the watermark 20301231 '
expect_out 'begins at 20260324 '
add 5 20260328 1
night 2026-04-10T02:00:00
expect_only_err 'the watermark 20301231 '
expect_out ': 1 study: 1 complete; 1 object'
expect_asked 20260324-20260410
night 2026-04-11T02:00:00
silence
expect_watermark 20260410
expect_day 2026-03-28 complete

# Set back for one night to before it was set up.
night 2024-01-01T02:00:00 -q
expect_only_err 'the watermark 20260410 '
night 2026-04-12T02:00:00
silence
expect_asked 20260407-20260412

# The night of 23 hours, that of 25, and the same hour twice.
fresh nights
forget_log
export TZ=CET-1CEST,M3.5.0,M10.5.0/3
add 10 20260328 1
add 11 20260329 1
made 10 235959
made 11 013000
night 2026-03-28T02:30:00 -q
night 2026-03-29T01:59:59 -q
expect_status 0
expect_asked 20260325-20260329
expect_watermark 20260328
night 2026-03-29T03:00:00 --lookback 1d
silence
expect_asked 20260327-20260329
night 2026-03-30T00:00:00 --lookback 0
silence
expect_asked 20260328-20260330
expect_watermark 20260329
add 12 20261024 1
add 13 20261025 1
made 13 023000
for second in $(date -d '2026-10-25T00:30:00Z' +%s) $(date -d '2026-10-25T01:30:00Z' +%s); do
	night "$second" --lookback 1d --settle 30m
	expect_watermark 20261024
	[ "$(asked)" = "${first:=20260328}-20261025" ] || fail "$(asked) was asked for"
	first=20261023
done
expect_sent 5				# 13 is left alone: it may be of the second time
night 2026-10-26T00:30:00 --lookback 1d --settle 30m
one_line ': 1 study: 1 complete; 1 object'
expect_day 2026-10-25 complete
export TZ=UTC

# Ends of months and years, and a leap day.
fresh ends
add 20 20231231 1
add 21 20240101 1
add 22 20240229 1
night 2024-01-01T02:00:00 -q
expect_asked 20231229-20240101
expect_watermark 20231231
night 2024-01-02T02:00:00
expect_asked 20231229-20240102
expect_watermark 20240101
night 2024-02-29T02:00:00
expect_asked 20231229-20240229
expect_watermark 20240228
night 2024-03-01T02:00:00
silence
expect_asked 20240225-20240301
expect_watermark 20240229
night 2024-03-04T02:00:00
expect_asked 20240226-20240304
expect_files "$OUT" 3
for day in 2023-12-31 2024-01-01 2024-02-29 2024-03-03; do
	expect_day $day complete
done
run dicom-qr report "$NODE" --study-date 20240228-20240301
expect_out '^2024-02-29 '
[ "$(wc -l <"$T/out")" -eq 5 ] || fail "not three days"

# --settle: by the time it was made, and by its growth between runs that are near to each other.
fresh settle
add 30 20260501 2
add 31 20260501 2
add 32 20260501 2
made 30 120000
made 31 123000
made 32
forget_log
night 2026-05-01T14:00:00 --settle 2h -q
silence
expect_sent 2				# 30 alone
expect_day 2026-05-01 incomplete
night 2026-05-01T14:30:00 --settle 2h
one_line ': 1 study: 1 complete; 2 objects'
night 2026-05-02T01:59:00 --settle 2h
silence
expect_watermark 20260430		# one whose time nobody knows
expect_day 2026-05-01 incomplete
add 31 20260501 5
made 31 123000
night 2026-05-02T02:00:00 --settle 2h
one_line ': 1 study: 1 complete; 2 objects'	# 31 has grown within two hours
expect_watermark 20260430
expect_day 2026-05-01 incomplete
night 2026-05-02T03:58:59 --settle 2h
silence
night 2026-05-02T03:59:00 --settle 2h
one_line ': 1 study, 1 of them grown: 1 complete; 3 objects'
expect_watermark 20260501
expect_day 2026-05-01 complete
expect_sent 9
[ "$(grep '^sent ' "$T/badpacs.log" | sort | uniq -d | wc -l)" -eq 0 ] || fail "sent twice"
pass
