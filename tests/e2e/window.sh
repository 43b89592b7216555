#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Windows of the clock, of a node and of a command: outside nothing is asked, one line says when one opens, exit status 8; what the
# command line says wins.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need jq
"$BULK" "$T/data" --studies 2 --series 1 --images 2 --size 2000 >/dev/null
study=1.2.826.0.1.3680043.10.1338.9.2.1
start_badpacs "" "$T/data"
NODE=127.0.0.1:$BAD_PORT

silent() {
	[ "$(grep -c '^association' "$T/badpacs.log" || :)" -eq "${asked:-0}" ] || fail "the PACS was asked: $ran"
}
closed() {
	run "$@"
	expect_status 8
	expect_only_err "outside of the window .*: nothing was asked of the PACS; next opening: $opens\$"
	silent
}

# A Wednesday at noon.
export DICOM_QR_NOW=2026-11-25T12:00:00
opens="19:00"
closed dicom-qr $NODE --auto --method c-get -o "$T/files" --window 19:00-06:00
closed dicom-qr $NODE --auto --method c-get -o "$T/files" --window 19:00-06:00 --dry-run
closed dicom-qr retrieve $NODE --study-uid $study --method c-get -o "$T/files" --window "mon-fri 19:00-06:00, sat-sun 00:00-24:00"
opens="Saturday, 2026-11-28, 00:00"
closed dicom-qr $NODE --review --window "sat-sun 00:00-24:00"
run dicom-retrieve $NODE --study-uid $study --method c-get -o "$T/files" --window 19:00-06:00
expect_status 1
silent
expect_files "$T/files" 0

# Of nodes, and of the programs that have no such option.
run dicom-qr node add pacs BAD@$NODE --number 2 --aet ME --window "19:00"
expect_status 2
expect_only_err "windows: '19:00': write windows like 19:00-06:00"
run dicom-qr node add pacs BAD@$NODE --number 2 --aet ME --window "mon-fri 19:00-06:00"
expect_status 0
run dicom-qr node add here --number 1 --listen "$(free_port)" --called-aet ME --output "$T/dose"
[ "$(dicom-qr node export pacs | jq -r '.nodes[0].windows')" = "mon-fri 19:00-06:00" ] || fail "not written down"
dicom-qr node default pacs
opens="19:00"
closed dicom-qr pacs --auto --method c-get -o "$T/files"
closed qrscu 2 1 -ct
closed pacs-nm-retriever --study-date 20240101
run pacs-nm-retriever --study-date 20240101 --quiet
expect_status 8
expect_no_err

# What the command line says wins, and the state file knows what the plan was made with.
run dicom-qr pacs --method c-get -o "$T/files" --dry-run --window 00:00-24:00 --save-state "$T/s.state"
expect_status 0
[ "$(jq -r .window "$T/s.state")" = 00:00-24:00 ] || fail "no window in the state"
expect_out '^Window: 00:00-24:00, always open$'
run dicom-qr pacs --method c-get -o "$T/files" --review --window 11:00-13:00 --save-state "$T/s.state"
asked=$(grep -c '^association' "$T/badpacs.log")
DICOM_QR_NOW=2026-11-25T13:30:00
opens="Thursday, 2026-11-26, 11:00"
closed dicom-qr resume --state "$T/s.state"
opens="14:00"
closed dicom-qr resume --state "$T/s.state" --window 14:00-15:00
DICOM_QR_NOW=2026-11-26T11:30:00
run dicom-qr resume --state "$T/s.state" --dry-run
expect_out '^Window: 11:00-13:00, open until 13:00$'
run dicom-qr resume --state "$T/s.state"
expect_status 0
expect_same_objects "$T/data" "$T/files"

run dicom-qr $NODE --auto --method c-get --window 7pm-6am
expect_status 2
expect_only_err "\-\-window: '7pm-6am': write windows like 19:00-06:00, or mon-fri 19:00-06:00, sat-sun 00:00-24:00"
