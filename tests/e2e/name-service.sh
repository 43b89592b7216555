#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Where the name of this machine is unknown, findscu would ask the name service for each answer: the preload keeps it from that.
. "${srcdir:-.}/tests/lib.sh" || exit 1
need unshare strace hostid

[ "$(LD_PRELOAD=$DICOM_QR_PROMPTACK hostid)" = 00000001 ] || fail "gethostid is not ours"
make_archive
load_dcmqrscp "$ARCHIVE"
start_dcmqrscp
printf '127.0.0.1 localhost\n' >"$T/hosts"
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$T/resolv.conf"

# asked COMMAND…: how often it turns to the name service, port 53, when /etc knows nothing.
asked() {
	unshare -m bash -c 'mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/resolv.conf && shift 2 && exec strace -f -qq \
		-e trace=connect,sendto,sendmmsg -o "$0" "$@"' "$T/trace" "$T/hosts" "$T/resolv.conf" "$@" >"$T/asked.out" 2>&1 ||
		skip "no name space of mounts, or no tracing: $(tail -n 1 "$T/asked.out")"
	grep -c 'htons(53)' "$T/trace" || :
}
query=(findscu -S -aec "$PACS_AET" -X -od "$T/plain" -k "0008,0052=STUDY" -k "0020,000d" 127.0.0.1 "$PACS_PORT")
mkdir "$T/plain"
plain=$(asked "${query[@]}")
[ "$plain" -gt 0 ] || { echo "# this machine has an /etc/hostid: nobody is asked"; pass; }
export ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-}	# which cannot be looked for under strace
n=$(asked dicom-qr query "$PACS_AET@127.0.0.1:$PACS_PORT" --format jsonl)
[ "$n" -eq 0 ] || fail "the name service was asked $n times, by bare findscu $plain times"
[ "$(grep -c StudyInstanceUID "$T/asked.out")" -eq 7 ] || fail "not seven studies"
pass
