#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What is searched for, and what is found, is on no command line of a tool, where every user of the machine could read it.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 2 --series 1 --images 3 --size 2000 >/dev/null
LISTEN_PORT=$(free_port)
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT
associate-delay 0.7
object-delay 300" "$T/data"

# seen TOOL: is one running?  Then its command line is looked at.
seen() {
	local id seen=1
	for id in $(processes "$1"); do
		{ tr '\0' ' ' <"/proc/$id/cmdline" >"$T/line"; } 2>/dev/null || continue
		grep -q "$1" "$T/line" || continue
		seen=0
		! grep -Eq 'SECRET|BULK|Bulk' "$T/line" || fail "it can be read: $(cat "$T/line")"
	done
	return $seen
}
# watched ARGUMENT…: a run, in which each of the tools is seen
watched() {
	local tool
	begin dicom-qr "$@"
	for tool in "${tools[@]}" dicom-qr; do
		wait_for 30 seen "$tool" || fail "no $tool was seen"
	done
	finish
}

tools=(findscu)
watched query "pacs://127.0.0.1:$BAD_PORT" --key PatientName='SECRET*' --key PatientID=SECRET
tools=(findscu getscu)
watched "pacs://127.0.0.1:$BAD_PORT" --patient-name 'Bulk*' --accession-number 'BULK*' --auto --method c-get -o "$T/got"
expect_status 0
tools=(findscu movescu)
watched "pacs://127.0.0.1:$BAD_PORT" --patient-name 'Bulk*' --auto --method c-move --listen "$LISTEN_PORT" -o "$T/moved"
expect_status 0
expect_same_objects "$T/data" "$T/moved"

# Values from a file, or from standard input, are not even there for the moment in which the program starts.
sent() { grep -q "^find .*PatientID=$1" "$T/badpacs.log" || fail "the PACS was not asked for $1"; }
printf '# a patient\n--patient-id   SECRET-7 \n\n--key=AccessionNumber=S 8\r\n--format json\n' >"$T/options"
run dicom-qr query "pacs://127.0.0.1:$BAD_PORT" --options "$T/options"
expect_status 0
expect_out '^\[\]$'
sent 'SECRET-7 '
printf '%s\n' --patient-id=SECRET-9 "pacs://127.0.0.1:$BAD_PORT" >"$T/options"
run bash -c 'dicom-qr query --options - <"$1"' - "$T/options"
expect_status 0
sent 'SECRET-9'
refused() {	# WORDS
	run dicom-qr query "pacs://127.0.0.1:$BAD_PORT" --options "$T/options"
	expect_status 2
	expect_only_err "$1"
}
printf '%s\n' --format=json --no-such-thing >"$T/options"
refused "--options $T/options: line 2: unknown option --no-such-thing"
printf -- '--patient-id\n' >"$T/options"
refused "--options $T/options: line 1: --patient-id needs a value"
printf -- '--options more\n' >"$T/options"
refused "--options $T/options: line 1: --options stands in a file of options: one file cannot name another"
printf 'a\0b' >"$T/options"
refused "--options $T/options: it is no text"
rm "$T/options"
run dicom-qr query "pacs://127.0.0.1:$BAD_PORT" --options "$T/options"
expect_only_err "--options: open $T/options: No such file or directory"

# Nor is it in the ledger's record of our own command line.
! grep -aq 'SECRET' "$DICOM_QR_LEDGER" "$DICOM_QR_LEDGER"-* 2>/dev/null || fail "in the ledger"
