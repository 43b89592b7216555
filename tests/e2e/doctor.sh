#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# doctor: what is there, what is missing, and a status by the first thing that is bad; nothing is changed.
# shellcheck disable=SC2119  # functions with arguments of their own
. "${srcdir:-.}/tests/lib.sh" || exit 1

examined() {
	run dicom-qr doctor "${@:2}"
	expect_status "$1"
	expect_no_err
}

examined 0 --output "$T/files"
for tool in findscu getscu movescu storescp echoscu dcmdump; do
	expect_out "^ok +tools +$tool of DCMTK 3\.[0-9.]+"
done
expect_out '^ok +preload .*in force'
expect_out '^(ok +landlock +ABI|note +landlock)'
expect_out '^(ok|note) +seccomp '
expect_out '^ok +ledger .*for you alone'
expect_out '^note +output .*is made when'
expect_out '^ok +disk .*MB free'
expect_out '^note +port +none is set'
expect_out '^note +register .*AE title DICOMQR'
expect_no_out '^(BAD|note +c-move)'
[ ! -e "$T/files" ] || fail "the folder was made"

make_archive
LISTEN_PORT=$(free_port)
DESTS+=("DICOMQR 127.0.0.1 $LISTEN_PORT")
load_dcmqrscp "$ARCHIVE"
start_dcmqrscp
run dicom-qr node add here "$PACS_AET@127.0.0.1:$PACS_PORT" --aet ME --listen "$LISTEN_PORT" --move-dest DICOMQR
expect_status 0
examined 0 here
expect_out '^ok +echo .*answered ME'
expect_out "^ok +port +$LISTEN_PORT is free"
expect_out "^note +register .*AE title DICOMQR, address 127.0.0.1, port $LISTEN_PORT"
expect_out '^note +c-move +1\. is the destination DICOMQR registered'
examined 7 here --listen "$PACS_PORT"
expect_out "^BAD +port +$PACS_PORT is in use"
stop_peer "$PACS_PID"
examined 5 here
expect_out '^BAD +echo .*Connection refused'
expect_out '^note +c-move +1\. C-ECHO fails'
examined 5 here -q
[ "$(wc -l <"$T/out")" -eq 1 ] || fail "more than the bad line with -q"
examined 5 here --format json
/usr/bin/python3 -c "import json; assert any(l['finding'] == 'BAD' and l['what'] == 'echo' for l in json.load(open('$T/out')))" ||
	fail "the document is another"

# what is missing
mkdir "$T/no-tools"
DICOM_QR_DCMTK_DIR=$T/no-tools examined 2
expect_out '^BAD +tools .*not found'
expect_out '^ok +disk'
DICOM_QR_PROMPTACK=off examined 0
expect_out '^note +preload'
printf 'no library' >"$T/bad.so"
DICOM_QR_PROMPTACK=$T/bad.so examined 0
expect_out '^note +preload .*cannot be loaded'
DICOM_QR_NO_LANDLOCK=1 examined 0
expect_out '^note +landlock'
: >"$T/a-file"
examined 7 --output "$T/a-file"
expect_out '^BAD +output .*is no folder'
chmod 644 "$DICOM_QR_LEDGER"
run dicom-qr doctor		# opening it has made it private again, and said so
expect_status 0
expect_out '^ok +ledger .*for you alone'
expect_err 'could be opened by other users'
echo "not a ledger" >"$T/other.db"
DICOM_QR_LEDGER=$T/other.db run dicom-qr doctor
expect_status 2
expect_out '^BAD +ledger'
run dicom-qr doctor nobody
expect_status 2
expect_no_process echoscu
