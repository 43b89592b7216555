#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A PACS that names objects ../../x, /absolute or not at all writes nothing outside the staging folder: by C-GET and by
# C-MOVE, with Landlock and without, and what can be kept is kept.
. "${srcdir:-.}/tests/lib.sh"

"$BULK" "$T/data" --studies 1 --series 1 --images 6 --size 2000 >/dev/null
sop=1.2.826.0.1.3680043.10.1338.9.4.1.1
LISTEN_PORT=$(free_port)
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT
retrieve-uid $sop.1 as ../../escaped
retrieve-uid $sop.2 as $T/house/absolute
retrieve-uid $sop.3 as ../../../files/CT.planted
retrieve-uid $sop.4 as \"\"
retrieve-uid $sop.5 as ../../../../.dicom-qr/manifest/x" "$T/data"

# All that is in the house but what is known to belong there; the objects are compared by their content.
strays() { find "$T/house" -mindepth 1 ! -type d ! -path '*/.dicom-qr/*' ! -name 'CT.1.2.*' -print; }

# retrieved STATUS METHOD…: into a folder of its own in a house that is watched
retrieved() {
	rm -rf "$T/house"
	mkdir -p "$T/house/files"
	run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --listen "$LISTEN_PORT" -o "$T/house/files" --retries 0 \
		--first-timeout 3 --stall-timeout 3 --method "$@"
	strays=$(strays)
	[ -z "$strays" ] || fail "outside its place: $strays"
	[ -z "$(find "$T/house/files/.dicom-qr" -mindepth 1 -maxdepth 1 -name 'run-*')" ] || fail "staging was left"
	[ -z "$(find "$T/house" -name '*escaped*' -o -name '*planted*' -o -name '*absolute*' -o -name x\*)" ] || fail "a name got through"
	expect_same_objects "$T/data" "$T/house/files" --subset
	echo "$* status $status files $(find "$T/house/files" -name 'CT.*' | wc -l)"; cat $T/err
}

for off in "" 1; do
	export DICOM_QR_NO_LANDLOCK=$off
	retrieved c-get
	retrieved c-move
	retrieved auto
done
