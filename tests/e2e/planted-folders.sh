#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Folders below the output that another has replaced by links: nothing is put there, nothing is taken from there, and a manifest
# of others names nothing of ours.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 1 --series 1 --images 2 --size 500 >/dev/null
mkdir "$T/private"
echo precious >"$T/private/tax.pdf"
untouched() {
	[ "$(ls -A "$T/private")" = tax.pdf ] && [ "$(cat "$T/private/tax.pdf")" = precious ] || fail "it was touched: $(ls -lA "$T/private")"
}
fresh() {
	rm -rf "$T/archive"
	cp -r "$T/data" "$T/archive"
	run dicom-qr import "$T/archive"
	expect_status 0
	manifest=$(find "$T/archive/.dicom-qr/manifest" -name '*.jsonl')
}

# What is fetched.
start_badpacs "" "$T/data"
mkdir "$T/files"
for name in 1.2.826.0.1.3680043.10.1338.9.2.1 Study; do
	ln -s "$T/private" "$T/files/$name"
done
run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/files" --layout 'Study/{SOPInstanceUID}.dcm' --retries 0 --retry-wait 0
[ "$status" -ne 0 ] || fail "it went through a link"
expect_err 'symbolic link'
untouched

# The house itself.
mkdir "$T/house"
ln -s "$T/private" "$T/house/.dicom-qr"
run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/house" --retries 0 --retry-wait 0
[ "$status" -ne 0 ] || fail "it went through a link"
expect_err 'symbolic link'
untouched

# The manifests.
fresh
rm -r "$T/archive/.dicom-qr/manifest"
ln -s "$T/private" "$T/archive/.dicom-qr/manifest"
run dicom-qr import "$T/archive"
[ "$status" -ne 0 ] || fail "it went through a link"
expect_err 'symbolic link'
untouched

# organise.
fresh
ln -s "$T/private" "$T/archive/bin"
run dicom-qr organise "$T/archive" --layout 'bin/{SOPInstanceUID}.dcm'
[ "$status" -ne 0 ] || fail "it went through a link"
untouched

# verify --set-aside takes nothing from behind a link, and no file of ours that a manifest names.
fresh
rm -rf "$T/archive/bin"
ln -s "$T/private" "$T/archive/d"
line=$(head -n 1 "$manifest")
sed -E 's|"path": ?"[^"]*"|"path":"d/tax.pdf"|; s|"sopInstanceUID": ?"[^"]*"|"sopInstanceUID":"1.2.3"|' <<<"$line" >>"$manifest"
sed -E 's|"path": ?"[^"]*"|"path":"'".dicom-qr/manifest/${manifest##*/}"'"|; s|"sopInstanceUID": ?"[^"]*"|"sopInstanceUID":"1.2.4"|' <<<"$line" >>"$manifest"
run dicom-qr verify "$T/archive" --set-aside
untouched
[ -f "$manifest" ] || fail "the manifest was set aside"
expect_out 'd/tax.pdf.*symbolic link'
