#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A state file that is damaged, foreign or hostile is refused in one line; nothing is asked, and the file stays as it is.
. "${srcdir:-.}/tests/lib.sh" || exit 1

mkdir "$T/data"
start_badpacs "" "$T/data"
start='"host": "127.0.0.1", "port": '$BAD_PORT', "method": "c-get", "outputPath": "'$T/files'"'

# refused PATTERN: by resume, of a.state
refused() {
	local before
	before=$(cksum <"$T/a.state")
	run dicom-qr resume --state "$T/a.state"
	expect_status 2
	expect_no_out
	expect_only_err "^dicom-qr: error: invalid state file $T/a.state: .*$1"
	[ "$(cksum <"$T/a.state")" = "$before" ] || fail "the file was changed"
}
# holding PATTERN MEMBERS: a document with these
holding() { printf '{%s}\n' "$2" >"$T/a.state"; refused "$1"; }
# with PATTERN MEMBERS: a study with these members
with() { holding "studies\[0\]: $1" "$start, \"studies\": [{$2}]"; }

: >"$T/a.state"; refused "it is empty"
printf '{%s, "studies": [{"studyInst' "$start" >"$T/a.state"; refused "line 1: the text ends in the middle"
head -c 100000 "$DICOM_QR" >"$T/a.state"; refused "it does not begin with \{"
echo '[1]' >"$T/a.state"; refused "it does not begin with \{"
{ echo '{"x":'; head -c 200000 /dev/zero | tr '\0' '['; } >"$T/a.state"; refused "nested too deeply"
{ echo '{"studies": [1'; yes ',11111' | head -c 100000000; } >"$T/a.state"; refused "studies\[0\]: an object is expected"
{ echo '{"x": [1'; yes ',11111' | head -c 100000000; } >"$T/a.state"; refused "line [0-9]+: too many values"

holding "it has no member \"studies\"" "$start"
holding "member \"port\" occurs twice" "$start, \"studies\": [], \"port\": 1"
holding "studies: a list is expected" '"studies": {}'
holding "format 99 is unknown" '"studies": [], "format": 99'
holding "port: a whole number from 1 to 65535" '"studies": [], "port": "x"'
holding "port: a whole number from 1 to 65535" '"studies": [], "port": 70000'
holding "host: '-x' is no host name" '"studies": [], "host": "-x"'
holding "callingAE '@x' begins with @" '"studies": [], "callingAE": "@x"'
holding "outputPath: a text is expected" '"studies": [], "outputPath": 7'
holding "layout: .*cannot begin with a dot" '"studies": [], "layout": "../{SOPInstanceUID}"'
with "studyInstanceUID is empty" ''
with "studyInstanceUID is not a string" '"studyInstanceUID": 12'
with "studyInstanceUID '1.2.x' has characters" '"studyInstanceUID": "1.2.x"'
with "studyInstanceUID '../../x' has characters" '"studyInstanceUID": "../../x"'
with "status: 'lost' is unknown" '"studyInstanceUID": "1.2", "status": "lost"'
with "missing\[0\]: .*is no UID" '"studyInstanceUID": "1.2", "missing": ["1*"]'

rm "$T/a.state"
mkdir "$T/a.state"
run dicom-qr resume --state "$T/a.state"
expect_status 2
expect_only_err "a.state is there and no plain file"
run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --review --method c-get --save-state "$T/a.state"
expect_status 2
expect_only_err "a.state is there and no plain file"

run dicom-qr resume --state "$T/none.state"
expect_status 7
expect_only_err "open $T/none.state: No such file or directory"
run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --review --method c-get --save-state "$T/none/a.state"
expect_status 7
expect_only_err "beside $T/none/a.state: .*No such file"

! grep -q association "$T/badpacs.log" || fail "the PACS was asked"
[ ! -e "$T/files" ] || fail "something was written"
