#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Thirty nights against an archive that is down on some of them, gets late and growing studies, loses objects for a while, caps its
# answers, and refuses for the moment; cron misses some nights, and one run is killed.  At the end every study that ever was
# there is here and whole, each object was sent once, and the calendar says so.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/sync.sh" || exit 1

OPTIONS+=(--retry-wait 0 --settle 2h --stall-timeout 3 --first-timeout 5)
day_of() { date -u -d "2026-02-15 + $1 days" +%Y%m%d; }
dashed() { echo "${1:0:4}-${1:4:2}-${1:6:2}"; }
objects() { printf '%s.4.1.1.%s' "1.2.3.$1" "$2"; }

# Two or three studies a day, made at 07:00; some come one or two days late, some grow the next day.
day_begins() {
	local d=$1 today yesterday before
	today=$(day_of "$d") yesterday=$(day_of $((d - 1))) before=$(day_of $((d - 2)))
	add "$today.1" "$today" 2
	[ $((d % 7)) -eq 0 ] || add "$today.2" "$today" 1 MR
	[ $((d % 5)) -ne 3 ] || [ "$d" -lt 1 ] || add "$yesterday.3" "$yesterday" 2	# pushed late
	[ $((d % 6)) -ne 4 ] || [ "$d" -lt 2 ] || add "$before.4" "$before" 1
	[ $((d % 4)) -ne 2 ] || [ "$d" -lt 1 ] || add "$yesterday.1" "$yesterday" 5	# it grew
}

scenario_of() {
	local d=$1 today yesterday
	today=$(day_of "$d") yesterday=$(day_of $((d - 1)))
	case $d in
	5) echo "retrieve-lose $(objects "$today.1" 2)" ;;
	6) echo "retrieve-lose $(objects "$yesterday.1" 2)" ;;
	9) echo "find-cap 10 silent level STUDY" ;;
	10) echo "find-cap 6 a700 level STUDY" ;;
	13) echo "retrieve-refuse A702 busy study $(uid "$today.1")" ;;
	16) echo "retrieve-abort-after 2 times 1" ;;
	19) echo "find-refuse A700 busy" ;;
	21) echo "retrieve-empty study $(uid "$today.1")" ;;
	24) echo "find-level-refuse IMAGE A700" ;;
	27) echo "retrieve-lose $(objects "$today.1" 1)"$'\n'"find-cap 7 fe00 level STUDY" ;;
	esac
}
is_down() { [[ " 2 3 14 22 " == *" $1 "* ]]; }
is_missed() { [[ " 7 11 12 17 25 " == *" $1 "* ]]; }	# cron did not run

for ((d = 0; d < 30; d++)); do
	day_begins "$d"
	is_missed "$d" && continue
	if is_down "$d"; then
		[ -z "${BAD_PID-}" ] || gone "$BAD_PID" || stop_peer "$BAD_PID"
	else
		serve "$(scenario_of "$d")"
	fi
	now=$(dashed "$(day_of $((d + 1)))")T02:00:00
	if [ "$d" -eq 20 ]; then
		DICOM_QR_STOP_AT_COMMIT=6 night "$now"
		expect_status 137
	fi
	night "$now"
	echo "# $now: status $status: $(cat "$T/out")"
	case $d in
	2 | 3 | 14 | 19 | 22) expect_status 5 ;;
	5 | 6 | 13 | 21 | 27) expect_status 3 ;;
	24) [ "$status" -eq 0 ] || expect_status 5 ;;
	*)
		expect_status 0
		expect_no_err
		;;
	esac
	case $d in
	9 | 10 | 27) [ "$(requests | grep -c 'find STUDY')" -gt 1 ] || fail "no answer was cut" ;;
	esac
	cat "$T/badpacs.log" >>"$T/whole.log"
	forget_log
done

# Another quiet week, so that what came late is in.
serve
for ((d = 30; d < 37; d += 3)); do
	night "$(dashed "$(day_of $((d + 1)))")T02:00:00"
	expect_status 0
	expect_no_err
done
silence
cat "$T/badpacs.log" >>"$T/whole.log"
forget_log

expect_same_objects "$DATA" "$OUT"
grep '^sent ' "$T/whole.log" | cut -d ' ' -f 2 | sort >"$T/sent"
[ "$(uniq "$T/sent" | wc -l)" -eq "$(find "$DATA" -type f | wc -l)" ] || fail "the log does not show all that was sent"
[ -z "$(uniq -d "$T/sent")" ] || fail "sent twice: $(uniq -d "$T/sent")"

# The calendar: every day covered and complete, with the studies that it had.
run dicom-qr report "$NODE" --study-date 20260215-20260316 --format json
expect_status 0
[ "$(grep -c '"state": "complete"' "$T/out")" -eq 30 ] || fail "not thirty complete days: $(grep '"state"' "$T/out" | sort | uniq -c)"
[ "$(awk '/"seen"/ { sum += $2 } END { print sum }' "$T/out")" -eq "$(find "$DATA" -mindepth 1 -type d | wc -l)" ] ||
	fail "not every study is in the calendar"
run dicom-qr report --incomplete
expect_status 0
expect_watermark 20260323
night 2026-03-24T03:00:00
silence
[ "$(requests)" = 'find STUDY' ] || fail "the last night asked for more: $(requests)"
pass
