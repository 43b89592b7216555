#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A limit, and the end of a window of the clock, end a run between objects: the object in flight is finished, nothing new starts,
# exit status 8 and the line that resumes; the next run carries on and nothing is sent twice.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 3 --series 1 --images 6 --size 40000 >/dev/null
LISTEN_PORT=$(free_port)
study=1.2.826.0.1.3680043.10.1338.9.2.1
third=$(dcmdump -M -q +P 0008,0018 "$T/data/0001-01-0003.dcm" | sed 's/.*\[//; s/\].*//')
start_badpacs "" "$T/data"
NODE=pacs://127.0.0.1:$BAD_PORT
export DICOM_QR_NOW=$T/clock

# behaves RULE...: the PACS from now on
behaves() {
	local before
	before=$(grep -c '^scenario reloaded' "$T/badpacs.log" || :)
	printf '%s\n' "destination DICOMQR 127.0.0.1 $LISTEN_PORT" "$@" >"$T/badpacs.scenario"
	kill -HUP "$BAD_PID"
	wait_for 30 reloaded "$((before + 1))"
}
reloaded() { [ "$(grep -c '^scenario reloaded' "$T/badpacs.log")" -eq "$1" ]; }
# at TIME: what the clock shows from now on
at() { touch -d "2026-11-$1" "$T/clock"; }
reaches() { grep -q "stopped by $1: nothing new starts" "$T/err"; }

for how in "c-get --window" "c-get --max-bytes" "c-move --window" "c-move --max-bytes" "c-get --max-duration"; do
	read -r method limit <<<"$how"
	echo "# $how"
	out=$T/$method$limit
	export DICOM_QR_LEDGER=$out.db
	case $limit in
	--window) options=(--window 19:00-06:00) ;;
	--max-bytes) options=(--max-bytes 81000B) ;;
	--max-duration) options=(--max-duration 5s) ;;
	esac
	: >"$T/badpacs.log"
	behaves "retrieve-stall-mid 3 1 study $study times 1" "object-delay 300"
	at "26 05:00"
	begin dicom-qr "$NODE" --auto --method "$method" --listen "$LISTEN_PORT" -o "$out" --save-state "$out.state" --verbose "${options[@]}"
	wait_for 30 grep -q '^fault stall-mid' "$T/badpacs.log" || fail "no stall"
	kill -STOP -- "-$BAD_PID"		# the third object stays in flight
	[ $limit != --window ] || at "26 06:00"
	wait_for 60 reaches "$limit" || fail "$limit was not noticed"
	kill -CONT -- "-$BAD_PID"
	finish
	expect_status 8
	expect_err "^3 studies: 3 not done; .*; stopped by $limit\$"
	expect_err "^To carry on: dicom-qr resume --state $out.state\$"
	expect_no_process dicom-qr findscu getscu movescu storescp dcmdump
	expect_same_objects "$T/data" "$out" --subset
	[ -f "$out/CT.$third" ] || fail "the object in flight was not finished"
	[ "$(grep -c '^sent ' "$T/badpacs.log")" -lt 6 ] || fail "it went on"

	if [ $limit = --window ]; then		# it is closed now: not even an association
		asked=$(wc -l <"$T/badpacs.log")
		run dicom-qr resume --state "$out.state"
		expect_status 8
		expect_only_err "outside of the window 19:00-06:00: nothing was asked of the PACS; next opening: 19:00"
		run dicom-qr resume --state "$out.state" --quiet
		expect_status 8
		expect_no_err
		[ "$(wc -l <"$T/badpacs.log")" -eq "$asked" ] || fail "the PACS was asked"
		at "26 19:00"
		options=()
	else
		options=(--max-bytes 1G --max-duration 1h)
	fi
	behaves
	run dicom-qr resume --state "$out.state" "${options[@]}"
	expect_status 0
	expect_same_objects "$T/data" "$out"
	twice=$(grep '^sent ' "$T/badpacs.log" | sort | uniq -d)
	[ -z "$twice" ] || fail "sent twice: $twice"
done
