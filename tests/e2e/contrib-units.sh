#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The systemd units of contrib/unattended: systemd understands every line of them, finds nothing exposed, and what they command works
# with what they leave of the system: a read-only one, another user, no capabilities, and only the system calls of the filter.
. "${srcdir:-.}/tests/lib.sh" || exit 1
need systemd-analyze strace setpriv unshare

UNITS=$T/units
SERVICE=$UNITS/dicom-qr-sync@.service
mkdir "$UNITS"
for unit in service timer; do
	sed "s|^ExecStart=dicom-qr |ExecStart=$T/bin/dicom-qr |" "$top_srcdir/contrib/unattended/dicom-qr-sync@.$unit" \
		>"$UNITS/dicom-qr-sync@.$unit"
done
setting() { sed -n "s/^$1=//p" "$SERVICE"; }

# understood UNIT…: no complaint, for it only warns of what it does not know.  The manual page is not installed here.
understood() {
	run systemd-analyze verify --man=no "$@"
	expect_status 0
	expect_no_out
	expect_no_err
}
understood "$UNITS/dicom-qr-sync@pacs.service" "$UNITS/dicom-qr-sync@my-pacs.2.service"
understood "$UNITS/dicom-qr-sync@pacs.timer"
for page in $(sed -n 's/^Documentation=man:\(.*\)(1)$/\1/p' "$UNITS"/*); do
	dicom-qr --manual list | grep -qx "$page" || fail "there is no manual page $page"
done
run systemd-analyze security --offline=yes --threshold=15 "$SERVICE"
expect_status 0
run systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' "$UNITS/dicom-qr-sync@.timer")"
expect_status 0

# What it commands, with the folders that systemd would make.
VAR=$T/var
mkdir -p "$VAR/lib/dicom-qr" "$VAR/log/dicom-qr" "$T/etc"
"$BULK" "$T/data" --studies 2 --series 1 --images 3 --size 2000 >/dev/null
start_badpacs "" "$T/data"
DICOM_QR_CONFIG=$T/etc/nodes.json dicom-qr node add pacs "127.0.0.1:$BAD_PORT" >/dev/null || fail "node add"
filled() { sed "s|%i|pacs|g; s|%S|$VAR/lib|g; s|%L|$VAR/log|g; s|/etc/dicom-qr|$T/etc|g"; }
COMMAND=$(setting ExecStart | filled | sed 's/ \$OPTIONS$//')
ENVIRONMENT=$(setting Environment | filled)

# The program itself: the folder it was built in may be closed to others.
rm "$T/bin/dicom-qr"
cp "$DICOM_QR" "$T/bin/dicom-qr"
cp "$DICOM_QR_PROMPTACK" "$T/promptack.so"
cat >"$T/confined" <<'END'
#!/bin/bash
# VAR and /dev/shm can be written to, as systemd has it.
set -eu
mount --make-rprivate /
mount --bind "$T" "$T"
mount --bind "$T/var" "$T/var"
mount -o remount,bind,ro "$T"
mount -o remount,bind,ro /
! touch "$T/it" / 2>/dev/null
exec env -i PATH=/usr/bin:/bin DICOM_QR_TEST="$T" DICOM_QR_PROMPTACK="$T/promptack.so" "$@"
END
as=(env T="$T" bash "$T/confined" setpriv)
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$T" "$T/bin" "$T/etc"
	chmod 644 "$T/etc/nodes.json"
	chown -R 65534:65534 "$VAR"
	as=(unshare -m "${as[@]}" --reuid 65534 --regid 65534 --clear-groups)
else
	as=(unshare -r -m "${as[@]}")
fi
"${as[0]}" "${as[1]}" true 2>/dev/null || skip "may not mount"
as+=(--no-new-privs --bounding-set=-all --inh-caps=-all)
# shellcheck disable=SC2086  # words
run "${as[@]}" env $ENVIRONMENT $COMMAND --from 20000101 --method c-get
expect_status 0
expect_same_objects "$T/data" "$VAR/lib/dicom-qr/pacs"
[ -s "$VAR/log/dicom-qr/pacs.log" ] || fail "no log"
expect_no_err 'Landlock'

# The system calls of all that it starts are those of the filter: its groups are expanded.
allowed() {
	local word
	for word; do
		[[ $word == @* ]] || echo "$word"
		[[ $word != @* ]] || systemd-analyze syscall-filter "$word" 2>/dev/null | sed -n 's/^    \([-@a-z0-9_]*\)$/\1/p' | xargs >"$T/group"
		# shellcheck disable=SC2046  # words
		[[ $word != @* ]] || allowed $(cat "$T/group")
	done
}
rm -rf "${VAR:?}"/*/dicom-qr/{*,.[!.]*}
# shellcheck disable=SC2086
run strace -f -qq -o "$T/trace" env -i PATH="$PATH" DICOM_QR_TEST="$T" DICOM_QR_PROMPTACK="$T/promptack.so" ASAN_OPTIONS=detect_leaks=0 $ENVIRONMENT $COMMAND --from 20000101 \
	--method c-get --on-study /bin/true
expect_status 0
expect_same_objects "$T/data" "$VAR/lib/dicom-qr/pacs"
sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$T/trace" | sort -u >"$T/used"
# shellcheck disable=SC2046
allowed $(setting SystemCallFilter | sed -n 's/^~//p') | sort -u >"$T/denied"
# shellcheck disable=SC2046
allowed $(setting SystemCallFilter | grep -v '^~') | sort -u | comm -23 - "$T/denied" >"$T/allowed"
grep -qx landlock_restrict_self "$T/used" || echo "# this kernel has no Landlock, or the tracer hides it"
[ "$(wc -l <"$T/used")" -gt 40 ] || fail "not much was traced"
[ "$(id -u)" -ne 0 ] || sed -i '/^fchown$/d' "$T/used"		# SQLite's, as root alone
comm -23 "$T/used" "$T/allowed" >"$T/refused"
[ ! -s "$T/refused" ] || fail "the filter refuses: $(xargs <"$T/refused")"
