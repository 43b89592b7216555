#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Links, FIFOs and files of others under the names that the program writes to or reads: nothing behind them is touched,
# nothing waits for them, and the refusal names the file.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 1 --series 1 --images 2 --size 500 >/dev/null
cp -r "$T/data" "$T/archive"
run dicom-qr import "$T/archive"
expect_status 0
house=$T/archive/.dicom-qr
manifest=$(find "$house/manifest" -name '*.jsonl')
echo precious >"$T/victim"

untouched() {
	[ "$(cat "$T/victim")" = precious ] || fail "the file behind the link was written to: $(cat "$T/victim")"
}
# refused WORDS COMMAND…: ends by itself, with these words, and the file behind the link is as it was
refused() {
	local words=$1
	shift
	run timeout -s KILL 20 "$@"
	[ "$status" -ne 137 ] || fail "waited for ever: $*"
	[ "$status" -ne 0 ] || fail "went on: $*"
	expect_err "$words"
	untouched
}


for kind in link fifo second; do
	case $kind in
	link) plant() { ln -sf "$T/victim" "$1"; }; words="is a symbolic link" ;;
	fifo) plant() { rm -f "$1" && mkfifo "$1"; }; words="is no plain file" ;;
	second) plant() { ln -f "$T/victim" "$1"; }; words="has a second name" ;;
	esac
	plant "$house/organise.lock"
	refused "organise.lock $words" dicom-qr organise "$T/archive" --layout '{SOPInstanceUID}.dcm'
	rm "$house/organise.lock"
	plant "$T/log"
	refused "log $words" dicom-qr import "$T/archive" --log-file "$T/log"
	rm "$T/log"
	plant "$T/.state.lock"
	refused "state.lock $words" dicom-qr pacs://127.0.0.1:1 --auto --method c-get --save-state "$T/state"
	rm "$T/.state.lock"
	mv "$manifest" "$T/kept"
	plant "$manifest"
	refused "jsonl $words" dicom-qr import "$T/archive"
	refused "jsonl $words" dicom-qr verify "$T/archive"
	rm "$manifest"
	mv "$T/kept" "$manifest"
done

# A state file is named by the user and may be a link; a FIFO is no state file.
mkfifo "$T/state.fifo"
refused "no plain file" dicom-qr resume --state "$T/state.fifo"

# The label of a run that was killed is read by the next run, which neither waits for it nor believes it.
mkdir -p "$house/run-dead00"
touch "$house/run-dead00/lock"
mkfifo "$house/run-dead00/.job"
run timeout -s KILL 20 dicom-qr import "$T/archive"
expect_status 0
if [ "$(id -u)" = 0 ]; then
	touch "$house/organise.lock"
	chown 65534 "$house/organise.lock"
	refused "organise.lock is not ours; it belongs to nobody" dicom-qr organise "$T/archive" --layout '{SOPInstanceUID}.dcm'
fi
