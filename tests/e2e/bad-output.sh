#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Where nothing can be written, that is said: output, state, log file, ledger, standard output; and nothing is asked in vain.
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
DICOM_QR_LEDGER=$T/closed/new/ledger.db run "${as[@]}" dicom-qr status
expect_status 7
expect_only_err "the ledger $T/closed/new/ledger.db .*: make folder $T/closed/new: Permission denied"

# what cannot be printed is no success, unless the reader has had enough; a closed stream is nobody's
full() { "$@" >/dev/full; }
closed() { "$@" >&- 2>&-; }
left() { "$@" | true; return "${PIPESTATUS[0]}"; }
for command in --help "query pacs://127.0.0.1:$BAD_PORT --format csv" "pacs://127.0.0.1:$BAD_PORT --review" status 'history --format json'; do
	# shellcheck disable=SC2086  # words
	run full dicom-qr $command
	expect_status 7
	expect_err '^dicom-qr: error: not all could be written to standard output'
	# shellcheck disable=SC2086
	run closed dicom-qr $command
	expect_status 0
	# shellcheck disable=SC2086
	run left dicom-qr $command
	[ "$status" -eq 0 ] || [ "$status" -eq 141 ] || fail "status $status: $ran"
done
run full dicom-retrieve --help
expect_status 1
