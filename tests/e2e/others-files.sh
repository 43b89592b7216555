#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# nodes.json and state files that others can change: root does not read them, anybody else is warned; resume says where it
# connects to and whether the PACS is verified.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 1 --series 1 --images 2 --size 500 >/dev/null
start_badpacs "" "$T/data"
mkdir -m 777 "$T/open"
users=(self)
if [ "$(id -u)" -eq 0 ]; then
	need setpriv
	chmod 755 "$T" "$T/bin" "$T/home"
	users=(root nobody)
fi
export DICOM_QR_CONFIG=$T/open/nodes.json
nodes="{ \"nodes\": [ { \"name\": \"pacs\", \"host\": \"127.0.0.1\", \"port\": $BAD_PORT } ] }"

# as USER COMMAND…: under its own ledger; $own: numbers of its user and group
as() {
	local be=()
	[ "$1" != nobody ] || be=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	DICOM_QR_LEDGER=$T/open/$1.db run "${be[@]}" "${@:2}"
}
# changed_by FILE MODE OWNER WORDS COMMAND…: others can change FILE, and the command says how
changed_by() {
	local file=$1 mode=$2 owner=$3 words=$4 user
	shift 4
	for user in "${users[@]}"; do
		[ "$user" != nobody ] || chown 65534:65534 "$file"
		[ "$user" != root ] || chown 0:0 "$file"
		chmod "$mode" "$file"
		[ -z "$owner" ] || chown "$owner" "$file"
		rm -f "$T/open/.query.state.lock"	# of the user before
		as "$user" "$@"
		if [ "$user" = root ]; then
			expect_status 2
			expect_only_err "^dicom-qr: error: $file is not read by root, because others can change it: $words"
		else
			expect_status 0
			expect_err "warning: others can change $file: $words"
		fi
	done
}
# private FILE COMMAND…: nobody else can, and nothing is said
private() {
	local user
	for user in "${users[@]}"; do
		[ "$user" != nobody ] || chown 65534:65534 "$1"
		[ "$user" != root ] || chown 0:0 "$1"
		chmod 600 "$1"
		as "$user" "${@:2}"
		expect_status 0
		! grep -q "others can change" "$T/err" || fail "a warning for a file of mode 600"
	done
}

echo "$nodes" >"$DICOM_QR_CONFIG"
private "$DICOM_QR_CONFIG" dicom-qr query pacs
changed_by "$DICOM_QR_CONFIG" 666 '' 'everybody can write to it \(mode 666\)' dicom-qr query pacs
changed_by "$DICOM_QR_CONFIG" 646 '' 'everybody can write to it \(mode 646\)' dicom-qr query pacs
if [ "$(id -u)" -eq 0 ]; then
	changed_by "$DICOM_QR_CONFIG" 664 :12345 'its group can write to it \(mode 664\)' dicom-qr query pacs
	changed_by "$DICOM_QR_CONFIG" 644 12345 'it belongs to user 12345' dicom-qr query pacs
	private "$DICOM_QR_CONFIG" dicom-qr query pacs
	chown 0:0 "$DICOM_QR_CONFIG"	# root's own file is good for all
	chmod 644 "$DICOM_QR_CONFIG"
	as nobody dicom-qr query pacs
	! grep -q "others can change" "$T/err" || fail "root's file is not believed"
fi

# the state of a query
state=$T/open/query.state
run dicom-qr pacs --method c-get --review -o "$T/open/files" --save-state "$state"
expect_status 0
changed_by "$state" 666 '' 'everybody can write to it' dicom-qr resume --state "$state" --dry-run

# what is connected to, and how
rm -f "$T/open/.query.state.lock"
chmod 600 "$state"
[ "$(id -u)" -ne 0 ] || chown 0:0 "$state"
run dicom-qr resume --state "$state" --dry-run
expect_err "^From ANY-SCP@127.0.0.1:$BAD_PORT into $T/open/files$"
sed 's#^{#{ "tlsAuthorities": "none",#' "$state" >"$T/tls.state"
mkdir "$T/newer"			# a DCMTK whose getscu can do it
printf '#!/bin/sh\necho "\$dcmtk: getscu v3.6.9 2024-12-11 $"\n' >"$T/newer/getscu"
chmod +x "$T/newer/getscu"
PATH=$T/newer:$PATH run dicom-qr resume --state "$T/tls.state" --dry-run
expect_err "^From ANY-SCP@127.0.0.1:$BAD_PORT, TLS without verification into $T/open/files$"
sed "s#\"method\": \"c-get\"#\"method\": \"c-move\", \"moveDestination\": \"THERE\"#" "$state" >"$T/move.state"
run dicom-qr resume --state "$T/move.state" --dry-run
expect_err "^From ANY-SCP@127.0.0.1:$BAD_PORT to AE title THERE$"
pass
