#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A second Ctrl-C waits for nobody; SIGTERM and SIGHUP end a run as the first does.  Each leaves what resume needs.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 2 --series 1 --images 10 --size 2000
start_badpacs 'retrieve-stall-after 4 3600 for HASTY' "$T/data"
node=BAD@127.0.0.1:$BAD_PORT

# A getscu that is deaf to SIGTERM.
deaf=$(command -v getscu)
rm -f "$T/bin/getscu"
printf '#!/bin/sh\ntrap "" TERM\nexec %s "$@"\n' "$deaf" >"$T/bin/getscu"
chmod +x "$T/bin/getscu"

stalled() { [ "$(grep -c '^fault stall-after' "$T/badpacs.log")" -eq "$1" ]; }
heard() { grep -q "signal 2 ($1)" "$T/err"; }

begin dicom-qr "$node" --aet HASTY --method c-get --auto --debug --output "$T/twice" --save-state "$T/twice.state"
wait_for 60 stalled 1 || fail "no stall"
kill -INT "$running"
wait_for 60 heard 1 || fail "the first was not heard"
finish INT
expect_status 130
heard 2 || fail "the second was not heard"
expect_err "To carry on: dicom-qr resume --state $T/twice.state"
expect_no_process dicom-qr getscu dcmdump
rm "$T/bin/getscu"

n=1
for signal in TERM HUP INT; do
	begin dicom-qr "$node" --aet HASTY --method c-get --auto --output "$T/$signal"
	n=$((n + 1))
	wait_for 60 stalled $n || fail "no stall"
	finish $signal
	expect_status $((128 + $(kill -l $signal)))
	expect_err 'To carry on: dicom-qr resume [0-9]+$'
	expect_no_process dicom-qr getscu dcmdump
	# shellcheck disable=SC2046  # the words that were shown
	run $(sed -n 's/^To carry on: //p' "$T/err") --aet PATIENT
	expect_status 0
	expect_same_objects "$T/data" "$T/$signal"
done

# A scheduler sends TERM to every process that it started, in any order: the run is stopped, nothing has failed.
for query in stalls answers; do
	rules='retrieve-stall-after 4 3600 for HASTY' fault='fault stall-after' tool=getscu
	[ $query = answers ] || rules='find-stall-after 1 3600 for HASTY' fault='fault find-stall' tool=findscu
	printf '%s\n' "$rules" >"$T/badpacs.scenario"
	before=$(grep -c "^$fault" "$T/badpacs.log" || :)
	kill -HUP "$BAD_PID"
	wait_for 60 grep -q '^scenario reloaded' "$T/badpacs.log" || fail "not reloaded"
	begin dicom-qr "$node" --aet HASTY --method c-get --auto --output "$T/all-of-them" --retries 0
	stalls_again() { [ "$(grep -c "^$fault" "$T/badpacs.log")" -gt "$before" ]; }
	wait_for 60 stalls_again || fail "no stall"
	child=$(processes $tool)
	[ -n "$child" ] || fail "no $tool"
	# shellcheck disable=SC2086  # a list
	kill -TERM $child "$running"
	finish
	expect_status 143
	expect_no_err 'ended by signal'
	expect_no_process dicom-qr getscu findscu dcmdump
done

run dicom-qr resume --state "$T/twice.state" --aet PATIENT
expect_status 0
expect_same_objects "$T/data" "$T/twice"
