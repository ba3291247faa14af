#!/bin/sh
# Run by mmdebstrap with the new root folder as $1: the kernel, its modules, and what makes a laptop of it.
set -eu
root=$1
here=$(dirname "$0")

# --- The kernel is fetched and unpacked only: its own scripts would build a boot disk that nobody needs.
mkdir "$root/kernel"
# Both newlines and blanks part the names that apt-cache prints.
name=$(chroot "$root" apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\)/\1/p' | head -n 1)
chroot "$root" sh -c "cd /kernel && apt-get -q download $name"
dpkg-deb -x "$root"/kernel/linux-image-*.deb "$root/kernel"
version=$(ls "$root/kernel/lib/modules")
mkdir -p "$root/usr/lib/modules" "$root/boot"
mv "$root/kernel/lib/modules/$version" "$root/usr/lib/modules/"
mv "$root"/kernel/boot/vmlinuz-* "$root/boot/vmlinuz"
rm -rf "$root/kernel"
chroot "$root" depmod "$version"

# --- Keep only the modules in the list and what they stand on. One that does not resolve stops the build.
files_of () {
  for module; do
    chroot "$root" modprobe -S "$version" --show-depends "$module" || { echo "no module $module" >&2; exit 1; }
  done | awk '$1 == "insmod" { print $2 }' | awk '!seen[$0]++'
}
files_of $(grep -v '^#' "$here/modules") > "$root/boot/keep"
files_of virtio_pci virtio_blk erofs overlay > "$root/boot/early"
(cd "$root" && find usr/lib/modules -name '*.ko' | sort) | while read -r file; do
  grep -qxF -e "/$file" -e "/${file#usr/}" "$root/boot/keep" "$root/boot/early" || rm "$root/$file"
done
chroot "$root" depmod "$version"

# --- Accounts of the cast; both have a password, root has none.
for user in may sam; do
  chroot "$root" useradd --create-home --shell /bin/bash "$user"
  echo "$user:pass for $user" | chroot "$root" chpasswd
done
chroot "$root" passwd --quiet --delete root

# --- The machine.
echo labtop > "$root/etc/hostname"
printf '127.0.0.1 localhost labtop\n' > "$root/etc/hosts"
: > "$root/etc/fstab"
echo 0123456789abcdef0123456789abcdef > "$root/etc/machine-id"
mkdir -p "$root/mnt/share"
install -m 755 "$here/channel.py" "$root/usr/local/sbin/test-channel"
install -m 644 "$here/test-channel.service" "$root/etc/systemd/system/"
install -D -m 644 "$here/xorg.conf" "$root/etc/X11/xorg.conf.d/10-dummy.conf"
install -D -m 644 "$here/lightdm.conf" "$root/etc/lightdm/lightdm.conf.d/50-test.conf"
mkdir -p "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\n' > "$root/etc/systemd/journald.conf.d/test.conf"

# --- Only what a test asks for is started. Units that a package lacks are no error.
chroot "$root" systemctl --quiet enable test-channel.service
chroot "$root" systemctl --quiet set-default multi-user.target
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
  clamav-daemon.service clamav-daemon.socket lightdm.service ssh.service udisks2.service \
  usbguard.service usbguard-dbus.service e2scrub_reap.service getty@tty1.service; do
  chroot "$root" systemctl --quiet disable "$unit" 2>/dev/null || true
done
for unit in clamav-freshclam.service systemd-firstboot.service systemd-hwdb-update.service ldconfig.service \
  systemd-sysusers.service systemd-machine-id-commit.service systemd-pcrphase.service \
  systemd-pcrphase-sysinit.service serial-getty@ttyS0.service; do
  chroot "$root" systemctl --quiet mask "$unit" 2>/dev/null || true
done
# A key pair, so that a test can log in over ssh as a person would.
chroot "$root" ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519 2>/dev/null || {
  mkdir -m 700 -p "$root/root/.ssh"; chroot "$root" ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519; }
for user in may sam; do
  chroot "$root" install -d -m 700 -o "$user" -g "$user" "/home/$user/.ssh"
  chroot "$root" install -m 600 -o "$user" -g "$user" /root/.ssh/id_ed25519.pub "/home/$user/.ssh/authorized_keys"
done

# --- A scanner's database that knows the harmless test file only, and nothing of the internet.
mkdir -p "$root/opt/avdb"
python3 - "$root/opt/avdb/test.ndb" <<'PYTHON'
import sys
eicar = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
with open(sys.argv[1], "w") as out:
    out.write(f"Gatepost.Test.Eicar:0:*:{eicar.hex()}\n")
PYTHON
chmod -R a+rX "$root/opt/avdb"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*
