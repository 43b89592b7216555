#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --interactive on a terminal: a slip is answered and asked again, Ctrl-C ends the question, progress is one live line.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need expect
start_both
cat >"$T/ask" <<'END'
set timeout 60
log_file -noappend [lindex $argv 0]
spawn -noecho {*}[lrange $argv 2 end]
foreach answer [lindex $argv 1] {
	expect {
		"\n> " { }
		timeout { exit 98 }
		eof { exit 97 }
	}
	send -- $answer
}
expect {
	eof { }
	timeout { exit 99 }
}
exit [lindex [wait] 3]
END

# on_terminal ANSWERS COMMAND…: what was shown is in $T/screen.
on_terminal() { run env TERM=xterm expect "$T/ask" "$T/screen" "$@"; }
expect_shown() { grep -aqE "$1" "$T/screen" || fail "not on the screen: $1"; }

for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	on_terminal '12\r 1-2-3\r 1-7\r' dicom-qr "$NODE" --method c-get --retry-wait 0 --interactive -o "$OUT"
	expect_status 0
	expect_shown '12: there are only 7 studies'
	expect_shown '1-2-3: not a number'
	expect_shown $'\r\033\\[K7/7 studies, 41'
	expect_same_objects "$ARCHIVE" "$OUT" "${AS_GOT[@]}"

	on_terminal 'quit\r' dicom-qr "$NODE" --method c-get --retry-wait 0 --interactive -o "$OUT-quit"
	expect_status 0
	expect_files "$OUT-quit" 0

	on_terminal '\003' dicom-qr "$NODE" --method c-get --retry-wait 0 --interactive -o "$OUT-quit"
	expect_status 130
	expect_shown 'nothing was chosen'
	expect_files "$OUT-quit" 0
done
expect_no_process dicom-qr findscu getscu
