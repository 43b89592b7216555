# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Shared by serve-dcmqrscp and tests/lib.sh (bash): free ports, background servers, and a dcmqrscp filled with files.
# Nothing here decides by sleeping: what is awaited is looked at until it is there.

PATH=$PATH:/usr/sbin

# wait_for SECONDS COMMAND…: until COMMAND succeeds; fails when it never did.
wait_for() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

# port_used PORT [STATE]: is any local socket bound to it (in that state)?
port_used() {
	local hex
	hex=$(printf ':%04X' "$1")
	awk -v port="$hex" -v state="${2-}" \
		'substr($2, length($2) - 4) == port && (state == "" || $4 == state) { found = 1; exit }
		END { exit !found }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

listening() { port_used "$1" 0A; }

# gone PID: has it ended?  A zombie has.
gone() {
	local stat
	stat=$({ cat "/proc/$1/stat"; } 2>/dev/null) || return 0
	stat=${stat##*) }
	[[ -z $stat || $stat == [ZX]* ]]
}

# free_port: prints a port below the ephemeral ones that nobody uses, and keeps it for this shell ($$) by a file, since
# tests run side by side.
free_port() {
	local kept=${TMPDIR:-/tmp}/dicom-qr-ports.$UID port owner
	mkdir -p "$kept"
	while :; do
		port=$((20000 + RANDOM % 12000))
		port_used $port && continue
		if owner=$(cat "$kept/$port" 2>/dev/null); then
			[ -n "$owner" ] && gone "$owner" && rm -f "$kept/$port"
			continue
		fi
		(set -C; echo $$ >"$kept/$port") 2>/dev/null || continue
		echo $port
		return
	done
}

return_ports() {
	grep -lx $$ "${TMPDIR:-/tmp}/dicom-qr-ports.$UID"/* 2>/dev/null | xargs -r rm -f
}

# spawn LOG COMMAND…: in the background, leader of a process group of its own; sets $spawned.  LEASH may hold a
# command to run it under.
spawn() {
	local log=$1
	shift
	DICOM_QR_PEER=1 setsid "${LEASH[@]}" "$@" >>"$log" 2>&1 </dev/null &
	spawned=$!
	disown $spawned
}

# stop_peer PID: ends what spawn started, with its children.
stop_peer() {
	kill -KILL -- "-$1" 2>/dev/null || :
	wait_for 30 gone "$1"
}

# await_port PORT PID SECONDS: until a server listens; fails when it ended instead.
await_port() {
	wait_for "$3" listening_or_gone "$1" "$2" && ! gone "$2"
}

listening_or_gone() { listening "$1" || gone "$2"; }

# files_of FILE|DIR…: the files, absolute, each ended by a NUL; what is hidden is left out.
files_of() {
	local each
	for each; do
		each=$(realpath -e -- "$each") || return
		find "$each" -mindepth 1 -name '.*' -prune -o -type f -print0
	done
}

# dcmqrscp_load AREA FILE|DIR…: registers the files in a storage area (a folder), also of a running server.
#
# dcmqridx is used instead of storescu because it keeps compressed objects as they are.  It compares each file with all
# before it (2,000 files take 4.5 s, 10,000 two minutes) and crashes at the 501st study; so it makes many small
# indexes, whose records are then put one after another: 5,000 files take a second.  The server, which may delete
# files when something is stored in it, gets links or copies.
dcmqrscp_load() {
	local area list chunks index base=
	mkdir -p "$1/files"
	area=$(realpath "$1")
	shift
	list=$(mktemp "$area/list.XXXXXX")
	chunks=$(mktemp -d "$area/chunks.XXXXXX")
	files_of "$@" >"$list" || return
	xargs -0 -r -a "$list" cp -l --parents -t "$area/files" 2>/dev/null ||
		xargs -0 -r -a "$list" cp --parents -t "$area/files" || return
	# shellcheck disable=SC2016  # the inner shell expands
	sed -z "s|^|$area/files|" "$list" | xargs -0 -r -n 200 -P 2 sh -c \
		'd=$(mktemp -d "$0/XXXXXX") && dcmqridx "$d" "$@"' "$chunks" || return
	for index in "$chunks"/*/index.dat; do
		if [ -s "$area/index.dat" ]; then
			base=${base:-$(index_base "$chunks")}
			tail -c +$((base + 1)) "$index" >>"$area/index.dat"
		elif [ -s "$index" ]; then
			cp "$index" "$area/index.dat"
		fi
	done
	rm -rf "$list" "$chunks"
}

# index_base DIR: how much of an index precedes its first record: twice the size with one record less that with two.
index_base() {
	local n size=()
	mkdir "$1/base"
	for n in 1 2; do
		printf '%s\n' "(0008,0016) UI =CTImageStorage" "(0008,0018) UI [1.2.$n]" "(0010,0020) LO [1]" \
			"(0020,000d) UI [1.2.3]" "(0020,000e) UI [1.2.4]" >"$1/base/dump"
		dump2dcm -q "$1/base/dump" "$1/base/$n"
		dcmqridx -q "$1/base" "$1/base/$n"
		size[n]=$(wc -c <"$1/base/index.dat")
	done
	rm -r "$1/base"
	echo $((2 * size[1] - size[2]))
}

# dcmqrscp_profile AREA: if the area holds compressed objects, an association profile under which each of their SOP
# classes is sent as it is stored.  dcmqrscp knows one compressed syntax for all classes, sends every object over the
# first context that was accepted for its class, and never decompresses.
dcmqrscp_profile() {
	find "$1/files" -type f -print0 | xargs -0 -r dcmdump -q -M -Un +P 0002,0002 +P 0002,0010 | tr -d '[]' | awk '
	BEGIN {
		c = "1.2.840.10008.5.1.4.1.1."
		n = split("1 1.1 1.1.1 1.2 2 2.1 3.1 4 4.1 6.1 7 7.1 7.2 7.3 7.4 11.1 12.1 12.2 20 30 66 66.4 88.11 88.22 88.33 " \
			"88.59 88.67 104.1 128 481.1 481.2 481.3 481.5", known)
		for (i = 1; i <= n; i++)
			stored[c known[i]] = ""
	}
	/^.0002,0002/ { class = $3; if (!(class in stored)) stored[class] = "" }
	/^.0002,0010/ && $3 !~ /^1\.2\.840\.10008\.1\.2(\.[12])?$/ { stored[class] = $3; syntaxes[$3] = some = 1 }
	function first(syntax) {
		gsub(/\./, "x", syntax)	# no dots in names
		return "First" syntax
	}
	function plain(n) {
		print "TransferSyntax" n " = LocalEndianExplicit"
		print "TransferSyntax" n + 1 " = OppositeEndianExplicit"
		print "TransferSyntax" n + 2 " = LittleEndianImplicit"
	}
	END {
		if (!some)
			exit
		print "[[TransferSyntaxes]]\n[Plain]"
		plain(1)
		for (s in syntaxes) {
			print "[" first(s) "]\nTransferSyntax1 = " s
			plain(2)
		}
		print "[[PresentationContexts]]\n[AsStored]"
		for (s in stored)
			print "PresentationContext" ++contexts " = " s "\\" (stored[s] ? first(stored[s]) : "Plain")
		print "[[SCPSCURoleSelection]]\n[Both]"
		for (s in stored)
			print "Role" ++roles " = " s "\\BOTH"
		print "[[Profiles]]\n[In]\nPresentationContexts = AsStored\nSCPSCURoleSelection = Both"
		print "[Out]\nPresentationContexts = AsStored"
	}'
}

# dcmqrscp_serve DIR AET PORT [CONFIG-LINE…]: starts dcmqrscp for the storage area DIR/db, allowed to send to the
# destinations in the array DESTS ("AET HOST PORT" each), with the further arguments in the array DCMQRSCP_OPTIONS.
# Sets $spawned; the log is DIR/log.
dcmqrscp_serve() {
	local dir aet=$2 port=$3 dest title host number n=0 profile=()
	dir=$(realpath "$1")
	shift 3
	mkdir -p "$dir/db/files"
	{
		printf '%s\n' "NetworkTCPPort = $port" "MaxPDUSize = 131072" "MaxAssociations = 64" "$@"
		echo "HostTable BEGIN"
		for dest in "${DESTS[@]}"; do
			read -r title host number <<<"$dest"
			echo "dest$((n += 1)) = ($title, $host, $number)"
		done
		printf '%s\n' "HostTable END" "VendorTable BEGIN" "VendorTable END" "AETable BEGIN" \
			"$aet $dir/db RW (500, 1024mb) ANY" "AETable END"
	} >"$dir/dcmqrscp.cfg"
	dcmqrscp_profile "$dir/db" >"$dir/profile.cfg"
	[ ! -s "$dir/profile.cfg" ] || profile=(-xf "$dir/profile.cfg" In Out)
	spawn "$dir/log" dcmqrscp -c "$dir/dcmqrscp.cfg" "${profile[@]}" "${DCMQRSCP_OPTIONS[@]}"
	await_port "$port" "$spawned" 30
}
