#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The crontab of contrib/unattended in a real cron, which sees none of the machine's own tables: its lines run, but for their times as
# they are, fetch what is new, and mail what there is to say.
. "${srcdir:-.}/tests/lib.sh" || exit 1
need cron unshare

# In a mount namespace of its own nothing stays mounted.  cron becomes another user, which only root can.
if [ -z "${MOUNTS_OF_OURS-}" ]; then
	own=(unshare -m)
	[ "$(id -u)" -eq 0 ] || own=(sudo -n --preserve-env unshare -m)
	"${own[@]}" true 2>/dev/null || skip "may not mount"
	rm -rf "$T"
	exec env MOUNTS_OF_OURS=1 "${own[@]}" "$BASH" "$0"
fi

yesterday=$(date -d yesterday +%Y%m%d)
"$BULK" "$T/data" --studies 2 --series 1 --images 3 --size 2000 --date "$yesterday" >/dev/null
start_badpacs "" "$T/data"
dicom-qr node add pacs "127.0.0.1:$BAD_PORT" >/dev/null || fail "node add"

mkdir "$T/spool" "$T/spool/crontabs" "$T/cron.d" "$T/run" "$T/mail"
TABLE=$top_srcdir/contrib/unattended/crontab
# Each minute, with the environment of this test in front of it; its own PATH would find another dicom-qr.
{
	for name in HOME DICOM_QR_LEDGER DICOM_QR_TEST DICOM_QR_PROMPTACK XDG_CONFIG_HOME TZ ASAN_OPTIONS; do
		echo "$name=${!name-}"
	done
	sed -E "s|^PATH=|PATH=$T/bin:|; s|^17 \* |* * |" "$TABLE"
} >"$T/spool/crontabs/root"
chmod 600 "$T/spool/crontabs/root"
[ "$(grep -c '^[0-9*]* [0-9*]* \* \* \* dicom-qr ' "$T/spool/crontabs/root")" -eq 2 ] || fail "not two lines: $(cat "$T/spool/crontabs/root")"

# cron hands its mail to a sendmail: /usr/sbin has one more name here.
cat >"$T/sendmail" <<END
#!/bin/sh
cat >"$T/mail/\$\$.new"
mv "$T/mail/\$\$.new" "$T/mail/\$\$"
END
chmod +x "$T/sendmail"
mkdir "$T/sbin" "$T/real"
mount --bind /usr/sbin "$T/real"
ln -s "$T/real"/* "$T/sbin"
ln -sf "$T/sendmail" "$T/sbin/sendmail"
: >"$T/crontab"
mount --bind "$T/sbin" /usr/sbin
mount --bind "$T/spool" /var/spool/cron
mount --bind "$T/cron.d" /etc/cron.d
mount --bind "$T/run" /run
[ ! -e /etc/crontab ] || mount --bind "$T/crontab" /etc/crontab
# A container may not have a login uid to set.
sed 's/required\(.*pam_loginuid\)/optional\1/' /etc/pam.d/cron >"$T/pam"
mount --bind "$T/pam" /etc/pam.d/cron
logs["$T/cron.log"]=
spawn "$T/cron.log" cron -f

# While the minute passes: the other line says something only when there was no run.
watch=$(sed -nE 's/^30 7 \* \* \* //p' "$TABLE")
DICOM_QR_LEDGER=$T/another.db run sh -c "$watch"
expect_status 10
expect_only_err '^dicom-qr: error: stale: no run reached its end within '

mailed() { grep -qs '2 studies' "$T/mail"/[0-9]*; }
wait_for 90 mailed || fail "no mail: $(cat "$T/mail"/* 2>/dev/null)"
expect_same_objects "$T/data" "$HOME/pacs"
[ "$(sed '1,/^$/d' "$T/mail"/[0-9]* | grep -vc ': no earlier run; this run begins at ')" -eq 1 ] || fail "more than a line: $(cat "$T/mail"/*)"
grep -q '^To: root$' "$T/mail"/[0-9]* || fail "mailed to nobody"
[ -s "$HOME/pacs.log" ] || fail "no log"
[ -s "$T/run/crond.pid" ] || fail "that was not our cron"
run sh -c "$watch"
expect_status 0
expect_no_err
