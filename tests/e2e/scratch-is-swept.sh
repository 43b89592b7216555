#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Answers with names in them lie in memory only while a run needs them: the scratch folder goes at the end, on a signal, and
# after a kill -9 with the next run.  No tool outlives us, however we die.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 3 --series 1 --images 3 --size 2000 >/dev/null
LISTEN_PORT=$(free_port)
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT
find-stall-after 1 600 times 3
retrieve-stall-after 1 600" "$T/data"
NODE=pacs://127.0.0.1:$BAD_PORT
stalls=0
tools=(findscu getscu movescu storescp dcmdump)

scratch() { find /dev/shm "${TMPDIR:-/tmp}" -maxdepth 1 -name "dicom-qr-$(id -u)-$1-*" 2>/dev/null; }
faults() { [ "$(grep -c '^fault' "$T/badpacs.log")" -ge "$1" ]; }

# ended N SIGNAL STATUS ARGUMENT…: in the middle, at the N-th stall of the PACS
ended() {
	begin dicom-qr "$NODE" -o "$T/files" "${@:4}"
	wait_for 30 faults "$1" || fail "no stall"
	[ -n "$(scratch "$running")" ] || fail "no scratch folder"
	finish "$2"
	expect_status "$3"
	expect_no_process "${tools[@]}"
}

for signal in TERM INT HUP; do
	ended $((stalls += 1)) $signal $((128 + $(kill -l $signal))) --review --method c-get
	[ -z "$(scratch "$running")" ] || fail "scratch is left after SIG$signal: $(scratch "$running")"
done

left=
for method in c-get c-move; do
	ended $((stalls += 1)) KILL 137 --auto --method $method --listen "$LISTEN_PORT"
	left+=" $running"
done
run dicom-qr echo "$NODE"
expect_status 0
for id in $left; do
	[ -z "$(scratch "$id")" ] || fail "scratch is left of a killed run"
done
