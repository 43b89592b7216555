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

# ask COMMAND…: sets $asked, how often it turned to the name service, port 53, where /etc knows nothing.
ask() {
	unshare -m bash -c 'for file in hosts resolv.conf; do
			[ ! -e /etc/$file ] || mount --bind "$1/$file" /etc/$file || exit
		done; shift; exec strace -f -qq -e trace=connect,sendto,sendmmsg -o "$0" "$@"' "$T/trace" "$T" "$@" >"$T/said" 2>&1 ||
		skip "no name space of mounts, or no tracing: $(tail -n 1 "$T/said")"
	asked=$(grep -c 'htons(53)' "$T/trace" || :)
}
mkdir "$T/plain"
ask findscu -S -aec "$PACS_AET" -X -od "$T/plain" -k "0008,0052=STUDY" -k "0020,000d" 127.0.0.1 "$PACS_PORT"
plain=$asked
[ "$plain" -gt 0 ] || { echo "# this machine has an /etc/hostid: nobody is asked"; pass; }
export ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-}	# which cannot be looked for under strace
ask dicom-qr query "$PACS_AET@127.0.0.1:$PACS_PORT" --format jsonl
[ "$asked" -eq 0 ] || fail "the name service was asked $asked times, by bare findscu $plain times"
[ "$(grep -c StudyInstanceUID "$T/said")" -eq 7 ] || fail "not seven studies"
pass
