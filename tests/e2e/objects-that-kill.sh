#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# An object that ends its reader (sequences nested 8,000 deep), or on which the reader does not end, is damaged, and the others go on:
# in a retrieval, sent to our receiver by somebody who was not asked, and in a tree that is imported, organised and verified.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need dcmdump getscu movescu storescp findscu echoscu /usr/bin/python3

# nest FILE OUT [early]: with a sequence that has a sequence that has ..., at the end or as the first element
nest() {
	/usr/bin/python3 - "$@" <<-'END'
		import struct, sys
		data = open(sys.argv[1], "rb").read()
		tag, at = ((8, 1), 144 + struct.unpack_from("<I", data, 140)[0]) if sys.argv[3:] else ((0xfffa, 0xfffa), len(data))
		begin = struct.pack("<HH2sHIHHI", *tag, b"SQ", 0, 0xffffffff, 0xfffe, 0xe000, 0xffffffff)
		end = struct.pack("<HHIHHI", 0xfffe, 0xe00d, 0, 0xfffe, 0xe0dd, 0)
		open(sys.argv[2], "wb").write(data[:at] + begin * 8000 + end * 8000 + data[at:])
	END
}

"$BULK" "$T/data" --studies 2 --series 1 --images 4 --size 2000 >/dev/null
"$BULK" "$T/foreign" --studies 1 --series 1 --images 1 --size 2000 --prefix 1.2.3 >/dev/null
cp -r "$T/data" "$T/good"
nest "$T/good/0001-01-0002.dcm" "$T/data/0001-01-0002.dcm"
nest "$T"/foreign/*.dcm "$T/nested.dcm"
sop=1.2.826.0.1.3680043.10.1338.9.4.1.1.2
cd "$T"

! { (dcmdump -M "$T/nested.dcm"); } >/dev/null 2>&1 || skip "this dcmdump reads it"
LISTEN_PORT=$(free_port)
ulimit -S -s 1000000			# badpacs reads the objects, too
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT
move-foreign $T/nested.dcm times 1" "$T/data"
ulimit -S -s 8192

# quarantined OUT SOP
quarantined() {
	[ -e "$1/.dicom-qr/quarantine/$2" ] || fail "$2 is not in quarantine"
	grep -q '"reason":"reading it ends dcmdump by signal' "$1/.dicom-qr/quarantine/$2.reason" || fail "no reason"
}

for method in c-get c-move; do
	run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --listen "$LISTEN_PORT" --method $method -o "$T/$method" --retry-wait 0
	expect_status 3
	expect_err "1 of 4 objects missing: it came damaged and was quarantined: reading it ends dcmdump by signal"
	expect_err "1 complete, 1 incomplete"
	rm -f "$T/good/0001-01-0002.dcm"
	expect_same_objects "$T/good" "$T/$method"
	quarantined "$T/$method" $sop
	expect_no_process getscu movescu storescp dcmdump
	[ -z "$(find "$T/$method" -name 'run-*')" ] || fail "staging was left"
done
# Such an object may tell not even its name: getscu and storescp do.
quarantined "$T/c-move" 1.2.3.4.1.1.1

# in a tree
mkdir "$T/tree"
cp -r "$T/good" "$T/tree/one"
nest "$T"/foreign/*.dcm "$T/tree/one/0000.dcm" early
run dicom-qr import "$T/tree"
expect_status 3
expect_out "^damaged +one/0000.dcm +reading it ends dcmdump by signal"
expect_out "^Imported: 7 files"
run dicom-qr verify "$T/tree"
expect_out "0000.dcm.*reading it ends dcmdump by signal"
expect_out "0 missing"
run dicom-qr organise "$T/tree" --layout '{StudyInstanceUID}/{SOPInstanceUID}.dcm'
expect_out "0000.dcm.*reading it ends dcmdump by signal"
[ -e "$T/tree/one/0000.dcm" ] || fail "it was moved"
[ "$(find "$T/tree" -name '*.dcm' | wc -l)" -eq 8 ] || fail "not all are there"

# A reader that does not end.
real=$(command -v dcmdump)
mkdir "$T/tools"
for tool in getscu findscu echoscu movescu storescp; do
	ln -s "$(command -v $tool)" "$T/tools"
done
cat >"$T/tools/dcmdump" <<END
#!/bin/bash
export LC_ALL=C
list=\$*
[[ \$list != *@* ]] || while read -r file; do
	read -r -N 1000 head <"\$file"
	[[ \$head != *$sop* ]] || exec sleep 1000
done <"\${list##*@}" 2>/dev/null
exec $real "\$@"
END
chmod 755 "$T/tools/dcmdump"
DICOM_QR_DUMP_MS=500 DICOM_QR_DCMTK_DIR=$T/tools run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/hangs" \
	--retry-wait 0
expect_status 3
expect_err "1 of 4 objects missing: it came damaged and was quarantined: reading it does not end"
expect_same_objects "$T/good" "$T/hangs"
expect_no_process getscu dcmdump sleep

# One that ends whatever it reads is at fault itself.
printf '#!/bin/bash\n[[ "$*" != *@* ]] || kill -SEGV $$\nexec %s "$@"\n' "$real" >"$T/tools/dcmdump"
DICOM_QR_DCMTK_DIR=$T/tools run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/reader" --retry-wait 0
expect_err "dcmdump reads no file: reading it ends dcmdump by signal 11"
[ ! -e "$T/reader/.dicom-qr/quarantine" ] || fail "good objects in quarantine"
[ -z "$(find "$T" -maxdepth 1 -name 'core*')" ] || fail "a core was left"
