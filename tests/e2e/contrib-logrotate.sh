#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The logrotate file of contrib/unattended: logrotate understands it, and when it rotates the log of a run that goes on, no line of it
# is lost; the next run begins a new one, for its owner alone.
. "${srcdir:-.}/tests/lib.sh" || exit 1
need logrotate

mkdir -m 700 "$T/log"
sed "s|/var/log/dicom-qr|$T/log|; s|su dicom-qr dicom-qr|su $(id -un) $(id -gn)|" "$top_srcdir/contrib/unattended/logrotate" >"$T/rotate"
chmod 644 "$T/rotate"
"$BULK" "$T/data" --studies 4 --series 1 --images 2 --size 2000 >/dev/null
start_badpacs "object-delay 250" "$T/data"
run logrotate -d -s "$T/status" "$T/rotate"
expect_status 0
expect_no_err '^error'
# rotate: standard error and output of what is running stay as they are
rotate() {
	logrotate -f -s "$T/status" "$T/rotate" >"$T/rotated" 2>&1 || fail "$(cat "$T/rotated")"
	[ ! -s "$T/rotated" ] || fail "$(cat "$T/rotated")"
}

begin dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get --log-file "$T/log/pacs.log" --debug -o "$T/files"
wait_for 30 grep -q getscu "$T/log/pacs.log" || fail "nothing in the log"
inode=$(stat -c %i "$T/log/pacs.log")
rotate
! gone "$running" || fail "the run was over too soon"
[ "$(stat -c %i "$T/log/pacs.log.1")" = "$inode" ] || fail "not renamed"
[ ! -e "$T/log/pacs.log" ] || fail "somebody made it anew"
lines=$(wc -l <"$T/log/pacs.log.1")
finish
expect_status 0
[ "$(wc -l <"$T/log/pacs.log.1")" -gt "$lines" ] || fail "what came after the rotation is lost"
# What standard error shows with --debug is what the log has, line by line.
sed -n 's/^dicom-qr: //p' "$T/err" | sed -E 's/^(error|warning|debug): //' >"$T/shown"
sed -E 's/^[^ ]* (error|warning|info|verbose|debug): //' "$T/log/pacs.log.1" | diff "$T/shown" - || fail "the log lost something"

echo "# the next run, and the next rotation"
run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get --log-file "$T/log/pacs.log" --verbose -o "$T/files"
expect_status 0
[ -s "$T/log/pacs.log" ] || fail "no new log"
[ "$(stat -c %a "$T/log/pacs.log")" = 600 ] || fail "mode $(stat -c %a "$T/log/pacs.log")"
cp "$T/log/pacs.log.1" "$T/first"
rotate
zcat "$T/log/pacs.log.2.gz" | cmp - "$T/first" || fail "the first one is not whole"
rm "$T"/log/*
rotate
