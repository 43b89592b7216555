#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A PACS that names objects ../../x or /absolute writes nothing outside the staging folder: by C-GET and by C-MOVE, with
# Landlock and without it.  getscu +B by itself would let it (DCMTK up to 3.7.0).
. "${srcdir:-.}/tests/lib.sh" || exit 1

need getscu
"$BULK" "$T/data" --studies 1 --series 1 --images 6 --size 2000 >/dev/null
study=1.2.826.0.1.3680043.10.1338.9.2.1
sop=1.2.826.0.1.3680043.10.1338.9.4.1.1
LISTEN_PORT=$(free_port)
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT
retrieve-uid $sop.1 as ../../escaped
retrieve-uid $sop.2 as $T/house/absolute
retrieve-uid $sop.4 as ../../../planted
retrieve-uid $sop.5 as ../../manifest/planted" "$T/data"

# Does this DCMTK let them out?  Else Landlock has nothing to prove here.
mkdir -p "$T/house/files/.dicom-qr/run"
(cd "$T/house/files/.dicom-qr/run" && getscu -q -S +B -od . 127.0.0.1 "$BAD_PORT" -k 0008,0052=STUDY -k 0020,000d=$study) || :
[ -e "$T/house/absolute" ] || echo "# this getscu +B keeps to its folder by itself"

# retrieved METHOD: into a folder of its own in a house that is watched
retrieved() {
	local strays
	rm -rf "$T/house"
	mkdir -p "$T/house/files"
	run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --listen "$LISTEN_PORT" -o "$T/house/files" --retry-wait 0 \
		--method "$1"
	strays=$(find "$T/house" -mindepth 1 ! -type d ! -name 'CT.1.2.*' ! -path "*/manifest/$study.jsonl" ! -path "*/manifest/$study.SHA256SUMS")
	[ -z "$strays" ] || fail "$1: outside its place: $strays"
	[ -z "$(find "$T/house" -name 'run-*')" ] || fail "$1: staging was left"
	[ ! -e "$T/planted" ] || fail "$1: outside the house"
}
complete() {
	retrieved "$1"
	expect_status 0
	expect_same_objects "$T/data" "$T/house/files"
}

complete c-move
complete auto
# Without C-MOVE nothing but the honest names can be had while Landlock holds getscu +B; their neighbours do not suffer.
retrieved c-get
if [ "$status" -ne 0 ]; then
	expect_status 3
	expect_err "incomplete .* 4 of 6 objects missing: an object could not be stored: .*a name that leads out of the folder"
	expect_files "$T/house/files" 2
fi
expect_same_objects "$T/data" "$T/house/files" --subset

export DICOM_QR_NO_LANDLOCK=1		# as on a kernel that has none: getscu runs without +B
complete c-move
complete c-get
