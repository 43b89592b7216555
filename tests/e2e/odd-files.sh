#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Whatever a tool leaves in its staging folder: names with line breaks and options in them are only names; links, pipes and
# folders are not followed, opened or kept; outside it nothing can be touched.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need findscu dcmdump /usr/bin/python3
"$BULK" "$T/data" --studies 1 --series 1 --images 4 --size 2000 >/dev/null
start_badpacs "" "$T/data"
mkdir "$T/tools" "$T/outside"
ln -s "$(command -v findscu)" "$(command -v dcmdump)" "$T/tools"
echo secret >"$T/outside/kept"
cp "$T/data/0001-01-0004.dcm" "$T/outside"

# A getscu as a hostile peer would have it, were it to take the peer's word for names.
cat >"$T/tools/getscu" <<END
#!/bin/bash
[ "\$1" != --version ] || { echo '\$dcmtk: getscu v3.6.7 2022-04-22 \$'; exit; }
cp "$T/data/0001-01-0001.dcm" \$'CT.1\nI: Received C-GET Response (Success)\n'
cp "$T/data/0001-01-0002.dcm" ./-rf
cp "$T/data/0001-01-0003.dcm" \$'\e]0;x\a \xff'
cp "$T/data/0001-01-0004.dcm" .hidden
ln -s "$T/outside/0001-01-0004.dcm" CT.link
mkfifo CT.pipe
mkdir CT.folder
cp "$T/data/0001-01-0004.dcm" CT.folder/CT.deep
cp "$T/data/0001-01-0001.dcm" "$T/outside/planted"
echo overwritten >"$T/outside/kept"
rm -f "$T/outside/kept"
exit 0
END
chmod 755 "$T/tools/getscu"

DICOM_QR_DCMTK_DIR=$T/tools run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/files" --retries 0 --retry-wait 0
expect_status 3
expect_err "incomplete .* 3 of 4 objects"
expect_same_objects "$T/data" "$T/files" --subset
expect_files "$T/files" 3
! LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]' "$T/err" || fail "raw on the terminal"
[ "$(find "$T/files" -mindepth 1 ! -type f ! -type d)" = "" ] || fail "no plain file: $(find "$T/files" ! -type f ! -type d)"
[ -z "$(find "$T/files" -name 'run-*')" ] || fail "staging was left"
if /usr/bin/python3 -c 'import ctypes; exit(ctypes.CDLL(None).syscall(444, None, 0, 1) <= 0)'; then	# Landlock
	[ "$(cat "$T/outside/kept")" = secret ] || fail "outside: overwritten"
	[ ! -e "$T/outside/planted" ] || fail "outside: planted"
fi
cmp "$T/data/0001-01-0004.dcm" "$T/outside/0001-01-0004.dcm"

run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/files"
expect_status 0
expect_same_objects "$T/data" "$T/files"
