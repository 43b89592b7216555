#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A nightly run killed at its n-th durable step, for n = 1, 2, 3 ...: the next one ends with the files, the watermark and the calendar
# of a run that nobody disturbed, nothing published is sent again, and a further one asks for nothing.  Two at once: the second
# ends with status 9.  Stopped by a signal: the next carries on.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/sync.sh" || exit 1

export DICOM_QR_LEDGER=$T/ledger/l.db
add 1 20260301 2
add 2 20260302 2
serve
night 2026-03-03T02:00:00 -q
expect_status 0
expect_watermark 20260302
cp -a "$OUT" "$T/files.before"
cp -a "$T/ledger" "$T/ledger.before"
add 2 20260302 4
add 3 20260302 2
add 4 20260303 1

published() { (cd "$OUT" && find . -path ./.dicom-qr -prune -o -type f -print) | sed 's|.*/CT\.||' | sort; }
names_sent() { sed -n 's/^sent \([^ ]*\) .*/\1/p' "$T/badpacs.log" | sort; }

# kill_at N: false when the run has fewer steps.
kill_at() {
	rm -rf "$OUT" "$T/ledger"
	cp -a "$T/files.before" "$OUT"
	cp -a "$T/ledger.before" "$T/ledger"
	forget_log
	DICOM_QR_STOP_AT_COMMIT=$1 night 2026-03-04T02:00:00
	[ "$status" -ne 0 ] || return 1
	[ "$status" -eq 137 ] || fail "step $1: status $status"
	published >"$T/published"
	[ "$1" -ge 12 ] || expect_watermark 20260302
	forget_log
}

for ((step = 1; ; step++)); do
	kill_at $step || break
	night 2026-03-04T02:00:00
	expect_status 0
	expect_no_err
	names_sent | comm -12 - "$T/published" >"$T/again"
	[ ! -s "$T/again" ] || fail "step $step: published, yet sent again: $(cat "$T/again")"
	expect_same_objects "$DATA" "$OUT"
	expect_watermark 20260303
	for day in 2026-03-01 2026-03-02 2026-03-03; do
		expect_day $day complete
	done
	forget_log
	night 2026-03-04T02:00:00
	silence
	[ "$(requests)" = 'find STUDY' ] || fail "step $step: the third run asked for more: $(requests)"
done
echo "# $step steps"
[ "$step" -ge 12 ] || fail "only $step steps"
expect_watermark 20260303		# of the run that was not killed

# Killed before it came to a verdict, and found whole by one with a limit, which looks at the lists first.
kill_at $((step - 2)) || fail "step $((step - 2)) is none"
sqlite3 "$DICOM_QR_LEDGER" "update study set verdict = 'wanted' where job = (select max(id) from job)"
night 2026-03-04T02:00:00 --max-studies 9
silence
expect_day 2026-03-02 complete

# Two at once; a third one with another folder is free to go.
add 5 20260304 3
serve "get-stall-after 1 600 times 1"
forget_log
begin env DICOM_QR_NOW=2026-03-05T02:00:00 dicom-qr sync "$NODE" "${OPTIONS[@]}" --output "$OUT"
wait_for 60 grep -q '^fault stall-after' "$T/badpacs.log" || fail "no stall"
first=$running
night 2026-03-05T02:05:00
expect_status 9
expect_no_out
expect_only_err "^dicom-qr: error: sync of $NODE into $OUT: .*: held by process $first$"
OUT=$T/other night 2026-03-05T02:06:00 -q
silence
expect_files "$T/other" 10

# A signal: what had come is kept, the watermark waits.
running=$first
finish TERM
expect_status 143
expect_watermark 20260303 /files
night 2026-03-05T03:00:00
expect_status 0
expect_watermark 20260304 /files
expect_same_objects "$DATA" "$OUT"
[ "$(grep "^sent .* $(uid 5) " "$T/badpacs.log" | sort | uniq -c | awk '$1 > 2' | wc -l)" -eq 0 ] || fail "sent again"
expect_no_process getscu findscu
pass
