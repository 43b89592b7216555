#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Ctrl-C in the middle: exit 130, the line that resumes, no process left; resume fetches the rest and nothing twice.
. "${srcdir:-.}/tests/lib.sh" || exit 1

LISTEN_PORT=$(free_port)
"$BULK" "$T/data" --studies 3 --series 2 --images 20 --size 20000

sent() { grep -c '^sent ' "$T/badpacs.log"; }
some_sent() { [ "$(sent)" -ge "$1" ]; }
published() { files_of "$out" | xargs -0 -r dcmdump -q -M +P 0008,0018 | sed -n 's/.*\[\(.*\)\].*/\1/p' | sort; }

for how in "--method c-get" "--listen $LISTEN_PORT"; do
	# shellcheck disable=SC2206  # words
	how=($how)
	out=$T/out${how[1]}
	start_badpacs "object-delay 50
		destination DICOMQR 127.0.0.1 $LISTEN_PORT" "$T/data"
	begin dicom-qr "BAD@127.0.0.1:$BAD_PORT" "${how[@]}" --auto --output "$out" --save-state "$out.state"
	wait_for 60 some_sent 30 || fail "nothing was sent"
	finish INT
	expect_status 130
	expect_err "^To carry on: dicom-qr resume --state $out.state\$"
	expect_no_process dicom-qr findscu getscu movescu storescp dcmdump
	expect_same_objects "$T/data" "$out" --subset
	published >"$T/before"
	[ -s "$T/before" ] || fail "nothing of what had come was kept"
	[ "$(wc -l <"$T/before")" -lt 120 ] || fail "it was over already"

	printf 'destination DICOMQR 127.0.0.1 %s\n' "$LISTEN_PORT" >"$T/badpacs.scenario"
	kill -HUP "$BAD_PID"
	# shellcheck disable=SC2046  # the words that were shown
	run $(sed -n 's/^To carry on: //p' "$T/err")
	expect_status 0
	expect_same_objects "$T/data" "$out"
	while read -r uid; do
		[ "$(grep -c "^sent $uid " "$T/badpacs.log")" -eq 1 ] || fail "$uid was here and was sent again"
	done <"$T/before"

	total=$(sent)
	run dicom-qr resume --state "$out.state"
	expect_status 0
	expect_out 'Nothing to do'
	[ "$(sent)" -eq "$total" ] || fail "it was not over"
	stop_peer "$BAD_PID"
	rm "$T/badpacs.log"
done
