#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A disk that is full, or gets full amid a retrieval: the run stops with status 7 and can be carried on when there is room.
. "${srcdir:-.}/tests/lib.sh" || exit 1

# In a mount namespace of its own nothing stays mounted.
if [ -z "${MOUNTS_OF_OURS-}" ]; then
	own=(unshare -m)
	[ "$(id -u)" -eq 0 ] || own=(unshare -r -m)
	"${own[@]}" true 2>/dev/null || skip "may not mount"
	rm -rf "$T"
	exec env MOUNTS_OF_OURS=1 "${own[@]}" "$BASH" "$0"
fi

"$BULK" "$T/data" --studies 2 --series 1 --images 30 --size 20000 >/dev/null
study=1.2.826.0.1.3680043.10.1338.9.2.2

# disk NAME OPTIONS: sets OUT on a file system of its own.
disk() {
	OUT=$T/$1/files
	mkdir "$T/$1"
	mount -t tmpfs -o "$2" "$1" "$T/$1"
}
# stopped SAYS: status 7 and how to carry on; nothing half is lying about.
stopped() {
	expect_status 7
	expect_err "^dicom-qr: error: .*$1"
	expect_err "^To carry on: dicom-qr resume "
	expect_same_objects "$T/data" "$OUT" --subset
}
carry_on() {
	run dicom-qr resume --state "$T/$1.state"
	expect_status 0
	expect_same_objects "$T/data" "$OUT"
}

start_badpacs "get-stall-after 10 600 study $study times 1" "$T/data"
NODE=pacs://127.0.0.1:$BAD_PORT

# Too full from the start, by the floor that is kept free.
disk low size=60m
run dicom-qr "$NODE" --auto --method c-get -o "$OUT" --save-state "$T/low.state"
stopped "only [0-9]+ MB are free: make room, then resume"
! grep -q '^get ' "$T/badpacs.log" || fail "asked for objects"

# Somebody else fills it while objects come.
disk filled size=100m
begin dicom-qr "$NODE" --auto --method c-get -o "$OUT" --save-state "$T/filled.state"
wait_for 30 grep -q '^fault stall-after' "$T/badpacs.log" || fail "no stall"
fallocate -l 60m "$T/filled/fill"
finish
stopped "only [0-9]+ MB are free"
rm "$T/filled/fill"
carry_on filled
[ "$(grep '^sent ' "$T/badpacs.log" | sort | uniq -d | wc -l)" -le 1 ] || fail "whole objects were sent again"

# Too sudden for the floor: getscu, or the intake, can create no file.
for left in 8 12 40; do
	disk sudden-$left size=200m,nr_inodes=200
	mkdir "$T/sudden-$left/fill"
	(cd "$T/sudden-$left/fill" && seq $((198 - left)) | xargs touch)
	: >"$T/badpacs.log"
	run dicom-qr "$NODE" --auto --method c-get -o "$OUT" --save-state "$T/sudden-$left.state" --retries 0
	stopped "No space left on device"
	rm -r "$T/sudden-$left/fill"
	whole=$(find "$OUT" -type f -size +19k | wc -l) sent=$(grep -c '^sent ' "$T/badpacs.log")
	carry_on sudden-$left
	# what was whole, in its place or not, is not sent again
	[ $(($(grep -c '^sent ' "$T/badpacs.log") - sent)) -le $((60 - whole)) ] || fail "whole objects were sent again"
done

# The ledger's own disk.
disk ledger size=150k
OUT=$T/files
DICOM_QR_LEDGER=$T/ledger/l.db run dicom-qr "$NODE" --auto --method c-get -o "$OUT"
expect_status 7
expect_err "the ledger $T/ledger/l.db cannot be written: database or disk is full"
expect_same_objects "$T/data" "$OUT" --subset
run dicom-qr "$NODE" --auto --method c-get -o "$OUT"
expect_status 0
expect_same_objects "$T/data" "$OUT"
