#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The disk of the ledger is full before, or gets full amid, a nightly run: status 7, the watermark waits, and with room again the
# next run makes all of it whole.
. "${srcdir:-.}/tests/lib.sh" || exit 1

# In a mount namespace of its own nothing stays mounted.
if [ -z "${MOUNTS_OF_OURS-}" ]; then
	own=(unshare -m)
	[ "$(id -u)" -eq 0 ] || own=(unshare -r -m)
	"${own[@]}" true 2>/dev/null || skip "may not mount"
	rm -rf "$T"
	exec env MOUNTS_OF_OURS=1 "${own[@]}" "$BASH" "$0"
fi
. "${srcdir:-.}/tests/sync.sh" || exit 1

mkdir "$T/small"
mount -t tmpfs -o size=2m small "$T/small"
export DICOM_QR_LEDGER=$T/small/l.db

# leave KB: so much of the disk is free.
leave() {
	rm -f "$T/small/fill"
	local free
	free=$(df --output=avail -k "$T/small" | tail -n 1)
	[ "$1" -ge "$free" ] || fallocate -l $((free - $1))k "$T/small/fill"
}

day=1
serve
for room in 0 4 16 32 64 128 192 256; do
	date=$(printf '202603%02d' $day)
	add $day "$date" 12
	today=$(printf '2026-03-%02dT02:00:00' $((day + 1)))
	before=$(watermark 2>/dev/null || :)
	leave "$room"
	night "$today"
	echo "# $room KB: status $status: $(cat "$T/err")"
	if [ "$status" -ne 0 ]; then
		expect_status 7
		expect_err 'l\.db.*(cannot be written|No space left)|No space left'
		failed=$((${failed-0} + 1))
		rm -f "$T/small/fill"
		# SQLite may report a full disk for a commit that is in its log already: a watermark that moved must be true.
		if [ -s "$DICOM_QR_LEDGER" ] && [ "$(watermark 2>/dev/null || :)" != "$before" ]; then
			expect_watermark "$date"
			expect_same_objects "$DATA" "$OUT"
		fi
		night "$today"
	fi
	rm -f "$T/small/fill"
	expect_status 0
	expect_no_err
	expect_same_objects "$DATA" "$OUT"
	expect_watermark "$date"
	night "$today"
	silence
	day=$((day + 1))
done
[ "${failed-0}" -ge 4 ] || fail "the disk was hardly ever full"
[ "$(grep '^sent ' "$T/badpacs.log" | cut -d ' ' -f 2 | sort -u | wc -l)" -eq 96 ] || fail "the log does not show what was sent"
pass
