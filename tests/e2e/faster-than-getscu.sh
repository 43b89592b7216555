#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# 400 small objects come by one request on one association, and the tool sends and acknowledges at once.  Plain getscu waits 40 ms
# and more for each; how many times as fast we are is shown, and decides nothing.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need getscu
"$BULK" "$T/data" --studies 1 --series 4 --images 100 --size 10000 --modality MR
load_dcmqrscp "$T/data"
start_dcmqrscp
root=1.2.826.0.1.3680043.10.1338.9

# milliseconds COMMAND…: sets $took.
milliseconds() {
	local begun=${EPOCHREALTIME/[.,]/}
	run "$@"
	took=$(((${EPOCHREALTIME/[.,]/} - begun) / 1000))
}

# one of the four series, which is enough to see how long each object takes
mkdir "$T/plain"
milliseconds env -C "$T/plain" getscu -aec PACS -S 127.0.0.1 "$PACS_PORT" -k 0008,0052=SERIES -k 0020,000d=$root.2.1 \
	-k 0020,000e=$root.3.1.1
expect_status 0
expect_files "$T/plain" 100
plain=$((4 * took))

# a whole run, with its queries, proofs and flushes
milliseconds dicom-qr "PACS@127.0.0.1:$PACS_PORT" --method c-get --auto --output "$T/ours"
expect_status 0
expect_same_objects "$T/data" "$T/ours"
echo "# 400 objects: plain getscu $plain ms, dicom-qr $took ms: $((plain / (took + 1))) times as fast"

# What makes it fast.  The getscu of this run writes down what it was started with.
real=$(command -v getscu)
cat >"$T/bin/getscu" <<END
#!/bin/sh
case " \$* " in
*' --version '*) ;;
*) echo "\$TCP_NODELAY \$LD_PRELOAD" >>"$T/started" ;;
esac
exec $real "\$@"
END
chmod +x "$T/bin/getscu"
start_badpacs "" "$T/data"
DICOM_QR_NO_LANDLOCK=1 run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --method c-get --auto --output "$T/counted"
expect_status 0
expect_same_objects "$T/data" "$T/counted"
[ "$(grep -c '^get ' "$T/badpacs.log")" -eq 1 ] || fail "not one request: $(grep '^get ' "$T/badpacs.log")"
n=$(grep -c '^association requested' "$T/badpacs.log")
[ "$n" -le 4 ] || fail "$n associations"
n=$(grep -c '^find ' "$T/badpacs.log")
[ "$n" -le 4 ] || fail "$n queries"
[ "$(cat "$T/started")" = "1 $DICOM_QR_PROMPTACK" ] || fail "getscu was started with: $(cat "$T/started")"
