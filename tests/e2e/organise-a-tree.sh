#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# organise gives files the paths of a layout: shown first, moved or linked, nothing lost, taken back; records follow the files.
. "${srcdir:-.}/tests/lib.sh" || exit 1

make_archive
some_of_archive 's1-*' 's2-*' 's3-*'
TREE="$T/a tree"
mkdir -p "$TREE/cd/IMG 1" "$TREE/cd/IMG 2"
cp "$SOME"/s1-* "$TREE/cd/IMG 1"
cp "$SOME"/s[23]-* "$TREE/cd/IMG 2"
sed 's/P-1002/P-9999/' "$SOME/s2-1-1.dcm" >"$TREE/cd/changed.dcm"	# the same UID, other content
cp "$SOME/s2-1-2.dcm" "$TREE/twin.dcm"					# the same object once more
echo text >"$TREE/cd/readme.txt"
sums() { (cd "$1" && find . -name .dicom-qr -prune -o -type f -print0 | sort -z | xargs -0 sha256sum); }
contents() { sums "$1" | cut -d ' ' -f 1 | sort; }
sums "$TREE" >"$T/before"
contents "$TREE" >"$T/contents"
layout='{StudyDate}/{SeriesNumber:03}/{InstanceNumber:04}.dcm'

run dicom-qr organise "$TREE"
expect_status 2
run dicom-qr organise "$TREE" --layout '{Nonsense}'
expect_status 2
run dicom-qr organise "$TREE" --layout "$layout" --link
expect_status 2
run dicom-qr organise "$TREE" --layout "$layout" --output "$TREE/inside"
expect_status 2

run dicom-qr organise "$TREE" --layout "$layout" --dry-run
expect_status 0
expect_out '^cd/IMG 1/s1-1-2\.dcm +20240105/[0-9]+/[0-9]+\.dcm$'
expect_out '^duplicate +twin\.dcm +the same object as cd/IMG 2/s2-1-2\.dcm$'
expect_out '^conflict +cd/changed\.dcm|^conflict +cd/IMG 2/s2-1-1\.dcm'
expect_out '^Would be moved: 34 of 36 files; 0 in their place, 1 there twice, 1 in conflict, 0 unreadable, 1 not DICOM$'
[ ! -e "$TREE/.dicom-qr" ] || fail "a dry run has written"
sums "$TREE" | diff "$T/before" - || fail "a dry run has moved something"

run dicom-qr import "$TREE"
cp -r "$TREE/.dicom-qr/manifest" "$T/manifest"
run dicom-qr organise "$TREE" --layout "$layout"
expect_status 0
expect_out '^Files moved: 34 of 36 files'
contents "$TREE" | diff "$T/contents" - || fail "a file was lost"
[ -f "$TREE/20240108/001/0001.dcm" ] || find "$TREE" -name '0001.dcm' | grep -q 20240108 || fail "not where the layout says"
[ ! -e "$TREE/cd/IMG 1" ] || fail "an empty folder stayed"
[ -f "$TREE/cd/readme.txt" ] || fail "a strange file was moved"
undo=$(sed -n 's/^To undo: dicom-qr organise --undo //p' "$T/out")
[ -s "$undo" ] || fail "no undo list"
run dicom-qr verify "$TREE"
expect_out ': 35 good, 0 missing, 0 changed, 0 unreadable, 1 stranger$'
run dicom-qr forget "$TREE"
expect_out '^Forgotten: 0 files$'
run dicom-qr organise "$TREE" --layout "$layout"
expect_out '^Files moved: 0 of 36 files; 34 in their place, '

# a crash between moving and recording: the next time the records find their files
cp -r "$TREE/.dicom-qr/manifest" "$T/later"
cp "$T/manifest"/* "$TREE/.dicom-qr/manifest"
run dicom-qr verify "$TREE"
expect_out ' 34 missing'
run dicom-qr organise "$TREE" --layout "$layout"
expect_out '^Files moved: 0 of 36 files'
run dicom-qr verify "$TREE"
expect_out ' 3[34] good, [01] missing'
cp "$T/later"/* "$TREE/.dicom-qr/manifest"

# names that others still have: two series change places
run dicom-qr organise "$TREE" --layout '{StudyDate}/{InstanceNumber:03}/{SeriesNumber:04}.dcm' --format json
expect_status 0
expect_out '"blocked": 0,'
again=$(sed -n 's/^  "undo": "\(.*\)",$/\1/p' "$T/out")
contents "$TREE" | diff "$T/contents" - || fail "a file was lost"
run dicom-qr verify "$TREE"
expect_out ': 35 good, 0 missing'

# back, the last first; what was changed since stays
run dicom-qr organise --undo "$again" --dry-run
expect_status 0
run dicom-qr organise --undo "$again"
expect_status 0
run dicom-qr organise --undo "$undo"
expect_status 0
sums "$TREE" | diff "$T/before" - || fail "not as it was"
run dicom-qr verify "$TREE"
expect_out ': 35 good, 0 missing'
run dicom-qr organise --undo "$undo"
expect_status 0
expect_out '^Files taken back: 0 of 34 files$'
sums "$TREE" | diff "$T/before" - || fail "not as it was after a second undo"

# hard links: the tree stays, the new one is known as well
run dicom-qr organise "$TREE" --layout "$layout" --link --output "$T/links"
expect_status 0
expect_out '^Files linked: 34 of 36 files'
undo=$(sed -n 's/^To undo: dicom-qr organise --undo //p' "$T/out")
sums "$TREE" | diff "$T/before" - || fail "linking changed the tree"
[ "$(find "$T/links" -name '*.dcm' -links 1 | wc -l)" -eq 0 ] || fail "copies instead of links"
run dicom-qr verify "$T/links"
expect_out ': 34 good, 0 missing, 0 changed, 0 unreadable, 0 strangers$'
run dicom-qr organise "$TREE" --layout "$layout" --link --output "$T/links"
expect_out '^Files linked: 0 of 36 files; 3[45] in their place'
run dicom-qr organise --undo "$undo"
expect_status 0
expect_files "$T/links" 0
sums "$TREE" | diff "$T/before" - || fail "undoing changed the tree"

# into another folder; a list that leads elsewhere is refused
run dicom-qr organise "$TREE" --hierarchical --output "$T/moved"
expect_status 0
run dicom-qr verify "$T/moved"
expect_out ': 34 good, 0 missing'
run dicom-qr verify "$TREE"
expect_out ': 1 good, 0 missing'
printf '{"organise":1,"from":"%s","to":"%s","link":false}\n{"from":"../evil","to":"x","studyInstanceUID":"","bytes":1}\n' "$T" "$T" >"$T/bad"
run dicom-qr organise --undo "$T/bad"
expect_status 2
expect_only_err 'leads nowhere'

# A list of others, of another folder, or of what is no object of the archive, moves nothing.
mkdir -p "$T/victim/.ssh" "$T/victim/.dicom-qr" "$T/shared"
echo key >"$T/victim/.ssh/id"
stolen() { printf '{"organise":1,"from":"%s","to":"%s","link":false}\n{"from":"stolen","to":".ssh/id","studyInstanceUID":"1.2","bytes":4}\n' "$T/shared" "$T/victim"; }
stolen >"$T/shared/list"
run dicom-qr organise --undo "$T/shared/list"
expect_status 2
expect_only_err 'does not lie in'
run dicom-qr organise "$T/moved" --undo "$T/shared/list"
expect_status 2
expect_only_err 'is no list of'
stolen >"$T/victim/.dicom-qr/list"
chmod g+w "$T/victim/.dicom-qr/list"
run dicom-qr organise --undo "$T/victim/.dicom-qr/list"
expect_status 2
expect_only_err 'can be written to by others'
chmod g-w "$T/victim/.dicom-qr/list"
run dicom-qr organise "$T/victim" --undo "$T/victim/.dicom-qr/list"
expect_status 3
[ -f "$T/victim/.ssh/id" ] || fail "a private key was moved"
if [ "$(id -u)" = 0 ]; then
	chown 65534 "$T/victim/.dicom-qr/list"
	run dicom-qr organise --undo "$T/victim/.dicom-qr/list"
	[ "$status" -ne 0 ] || fail "a list of another user was believed"
	expect_err 'belongs to nobody'
fi
expect_no_process dcmdump
pass
