#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The example for --on-study: complete studies appear in the inbox as one folder, whole at every moment; others do not.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
HOOK=$top_srcdir/contrib/unattended/to-inbox
export INBOX=$T/inbox
mkdir "$INBOX"
start_bad "retrieve-lose $OBJECT
object-delay 20"

in_inbox() { (cd "$INBOX" && echo ./*) | sed "s|\./||g"; }
# What is in the inbox under its name is whole, whenever somebody looks.
watch() {
	local folder
	while [ ! -e "$T/enough" ]; do
		for folder in "$INBOX"/*/; do
			[ ! -d "$folder" ] || [ "$(find "$folder" -type f 2>/dev/null | wc -l)" -eq 8 ] || [ ! -d "$folder" ] ||
				echo "$folder" >>"$T/part"	# it is there, and was before
		done
	done
}
watch &
watcher=$!

prepare_row "into one folder" get
fetch --on-study "$HOOK"
expect_status 3
[ "$(in_inbox)" = "$ROOT.2.1 $ROOT.2.3" ] || fail "in the inbox: $(ls -A "$INBOX")"
for n in 1 3; do
	mkdir "$ROW/$n"
	cp "$DATA/000$n-"* "$ROW/$n"
	expect_same_objects "$ROW/$n" "$INBOX/$ROOT.2.$n"
done

echo "# the missing object comes"
: >"$T/badpacs.scenario"
kill -HUP "$BAD_PID"
wait_for 30 grep -q '^scenario reloaded' "$T/badpacs.log"
run dicom-qr resume --state "$STATE" --on-study "$HOOK"
expect_status 0
expect_same_objects "$DATA" "$INBOX"
run dicom-qr resume --state "$STATE" --on-study "$HOOK"
expect_same_objects "$DATA" "$INBOX"

prepare_row "into folders; the inbox cannot be written to, at first" get
mv "$INBOX" "$T/emptied"
fetch --on-study "$HOOK" --hierarchical
expect_status 3
expect_err 'to-inbox did not end well for study .*: exit status 1: mktemp: '
mkdir "$INBOX"
run dicom-qr resume --state "$STATE" --on-study "$HOOK"
expect_status 0
expect_same_objects "$DATA" "$INBOX"
[ -z "$(find "$INBOX" -name '.*')" ] || fail "left: $(find "$INBOX" -name '.*')"

echo "# a study that has grown"
touch "$T/enough"
wait $watcher
[ ! -e "$T/part" ] || fail "seen in part: $(sort -u "$T/part")"
mkdir "$DATA/late"
"$BULK" "$T/more" --studies 1 --series 1 --images 5 --size 2000 >/dev/null
mv "$T/more/0001-01-0005.dcm" "$DATA/late/"
fetch --on-study "$HOOK" --hierarchical
expect_status 0
[ "$(in_inbox)" = "$ROOT.2.1 $ROOT.2.1.2 $ROOT.2.2 $ROOT.2.3" ] || fail "in the inbox: $(ls -A "$INBOX")"
[ "$(find "$INBOX/$ROOT.2.1.2" -type f | wc -l)" -eq 9 ] || fail "not all of what is there now"
