#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Answers that are read here and answers that dcmdump reads are the same: at all levels, in every character set, with values that
# are no text.  No row is lost, and what no character set explains is seen as such.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need jq dump2dcm
make_archive
number=0

# object CHARSET NAME-BYTES DESCRIPTION-BYTES: one more study, of bytes as given.
object() {
	local n=$((number += 1)) uid=1.2.826.0.1.3680043.10.1338.31.$((number))
	{
		[ -z "$1" ] || printf '(0008,0005) CS [%s]\n' "$1"
		printf '(0008,0016) UI =SecondaryCaptureImageStorage\n(0008,0018) UI [%s.1.1]\n' "$uid"
		printf '(0008,0020) DA [20240401]\n(0008,0030) TM [1015%02d.5]\n(0008,0060) CS [OT]\n' "$n"
		printf '(0008,1030) LO [%b]\n(0010,0010) PN [%b]\n(0010,0020) LO [X-%02d]\n' "$3" "$2" "$n"
		printf '(0010,21c0) US %d\n(0020,000d) UI [%s]\n(0020,000e) UI [%s.1]\n(0020,0010) SH [%d]\n' 4 "$uid" "$uid" "$n"
	} >"$T/object.dump"
	dump2dcm -q -F "$T/object.dump" "$ARCHIVE/x$n.dcm" || fail "dump2dcm"
}

# the examples of PS3.5 H and I: Japanese in three ways, Korean; Latin-1 and Cyrillic, undeclared bytes, a broken escape
object '\ISO 2022 IR 87' 'Yamada^Tarou=\033$B;3ED\033(B^\033$BB@O:\033(B=\033$B$d$^$@\033(B^\033$B$?$m$&\033(B' '\033$BF,It\033(B CT'
object 'ISO 2022 IR 13\ISO 2022 IR 87' '\324\317\300\336^\300\333\263=\033$B;3ED\033(J^\033$BB@O:\033(J' 'X'
object '\ISO 2022 IR 149' 'Hong^Gildong=\033$)C\373\363^\033$)C\321\316\324\327=\033$)C\310\253^\033$)C\261\346\265\277' '\033$)C\274\326'
object 'ISO_IR 100' 'Buc^J\351r\364me' 'Sch\344del "quer", [2]=a\052\\x'
object 'ISO_IR 144' '\273\356\332ce\334\321yp\323' 'X'
object '' 'M\374ller^J\366rg' 'undeclared'
object 'ISO_IR 192' '\303(^broken' 'not UTF-8 at all: \377'
object '\ISO 2022 IR 87' '\033$B;3E' 'an escape without end'
object 'NO SUCH SET' 'Plain^Name' 'a set that does not exist'
object 'GB18030' 'Wang^XiaoDong=\315\365^\320\241\266\253' '\304\352'

# both NODE [OPTION…]: asked twice, read in two ways; $T/rows is what came.
both() {
	DICOM_QR_ONLY_DCMDUMP=1 run dicom-qr query "$@" --format jsonl
	expect_status 0
	sort "$T/out" >"$T/rows.dcmdump"
	run dicom-qr query "$@" --format jsonl
	expect_status 0
	sort "$T/out" >"$T/rows"
	[ -s "$T/rows" ] || fail "no row: $*"
	cmp -s "$T/rows" "$T/rows.dcmdump" || fail "not the same: $(diff "$T/rows" "$T/rows.dcmdump" | head -n 6)"
}

# shown ID NAME [DESCRIPTION]
shown() {
	[ "$(jq -r --arg id "$1" 'select(.PatientID == $id) | .PatientName' "$T/rows")" = "$2" ] ||
		fail "not $2: $(grep -F "$1" "$T/rows")"
	[ $# -lt 3 ] || [ "$(jq -r --arg id "$1" 'select(.PatientID == $id) | .StudyDescription' "$T/rows")" = "$3" ] ||
		fail "not $3: $(grep -F "$1" "$T/rows")"
}

load_dcmqrscp "$ARCHIVE"
start_dcmqrscp
start_badpacs "aetitle PACS" "$ARCHIVE"
for NODE in "PACS@127.0.0.1:$PACS_PORT" "PACS@127.0.0.1:$BAD_PORT"; do
	both "$NODE" --charset 'ISO_IR 100'
	[ "$(wc -l <"$T/rows")" -eq 17 ] || fail "$(wc -l <"$T/rows") rows"
	shown X-01 'Yamada^Tarou=山田^太郎=やまだ^たろう' '頭部 CT'
	shown X-02 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎'
	shown X-03 'Hong^Gildong=洪^吉洞=홍^길동' '솔'
	shown X-04 'Buc^Jérôme' 'Schädel "quer", [2]=a*\x'
	shown X-05 'Люкceмбypг'
	shown X-06 'Müller^Jörg'
	shown X-07 '<C3>(^broken' 'not UTF-8 at all: <FF>'
	shown X-08 '山<45>'
	shown X-09 'Plain^Name'
	shown X-10 'Wang^XiaoDong=王^小东' '年'
	both "$NODE" --level IMAGE --study-uid "$(study 1)" --return Rows --return PregnancyStatus --return 0028,0009 \
		--return 0009,1001
	both "$NODE" --level SERIES --study-uid "$(study 2)"
	both "$NODE" --level PATIENT --model patient --return PatientAge
done
expect_no_process findscu dcmdump

# Plain answers are read here alone.
mkdir "$T/stub"
printf '#!/bin/sh\necho "$@" >>%s\nexit 1\n' "$T/dumped" >"$T/stub/dcmdump"
chmod 755 "$T/stub/dcmdump"
run env PATH="$T/stub:$PATH" dicom-qr query "PACS@127.0.0.1:$PACS_PORT" --level IMAGE --study-uid "$(study 1)" --format jsonl
expect_status 0
[ -s "$T/out" ] || fail "no row"
[ ! -e "$T/dumped" ] || fail "dcmdump was asked: $(cat "$T/dumped")"
