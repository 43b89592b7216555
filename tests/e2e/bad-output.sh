#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Where nothing can be written, that is said, with the path: output, state, log file; and nothing is asked in vain.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 1 --series 1 --images 3 --size 2000 >/dev/null
start_badpacs "" "$T/data"
mkdir -m 755 "$T/closed"
mkdir -m 777 "$T/open"
: >"$T/file"
as=()
if [ "$(id -u)" -eq 0 ]; then
	need setpriv
	chmod 755 "$T"
	chmod 755 "$T/bin" "$T/home"
	as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
else
	chmod 555 "$T/closed"
fi

# refused PATTERN ARGUMENT…
refused() {
	DICOM_QR_LEDGER=$T/open/ledger.db run "${as[@]}" dicom-qr "pacs://127.0.0.1:$BAD_PORT" --method c-get "${@:2}"
	expect_status 7
	expect_err "^dicom-qr: error: $1"
	[ "$(wc -l <"$T/err")" -eq 1 ] || fail "more than one line"
	! grep -q '^get ' "$T/badpacs.log" || fail "the PACS was asked"
}

refused "output folder $T/closed: Permission denied" --auto -o "$T/closed"
refused "make folder $T/closed/new: Permission denied" --auto -o "$T/closed/new"
refused "output folder $T/file: it is there and no folder" --auto -o "$T/file"
refused "make folder $T/file: it is there and no folder" --auto -o "$T/file/new"
refused ".*beside $T/closed/a.state: .*Permission denied" --review -o "$T/open/files" --save-state "$T/closed/a.state"
refused "open $T/closed/log: Permission denied" --auto -o "$T/open/files" --log-file "$T/closed/log"
refused "open $T/closed: Is a directory" --auto -o "$T/open/files" --log-file "$T/closed"
expect_files "$T/closed" 0

if [ "$(id -u)" -eq 0 ]; then
	install -m 600 /dev/null "$T/a.state"
	DICOM_QR_LEDGER=$T/open/ledger.db run "${as[@]}" dicom-qr resume --state "$T/a.state"
	expect_status 7
	expect_only_err "open $T/a.state: Permission denied"
fi

DICOM_QR_LEDGER=$T/closed/ledger.db run "${as[@]}" dicom-qr "pacs://127.0.0.1:$BAD_PORT" --method c-get --auto -o "$T/open/files"
expect_status 7
expect_only_err "the ledger $T/closed/ledger.db"
expect_files "$T/open/files" 0
