#!/bin/sh
# Installs a Debian package into a fresh root, uses it there, and takes it away again.
#
#   packaging/try-deb.sh target/debian/aimem_*.deb
#
# Needs root, debootstrap, python3 and the network.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=man-db,bash-completion,zsh,fish bookworm "$root" >/dev/null
cp "$1" "$root/tmp/aimem.deb"

# Everything but what dpkg notes of any package, and what people put there.
files() {
    (cd "$root" && find . -xdev \( -path ./tmp -o -path ./proc -o -path ./var/log -o -path ./var/cache -o -path ./var/lib/dpkg \) -prune -o -print | sort)
}
type_at() { # SHELL SETUP ARG…: a tab completes a verb
    shell=$1 setup=$2; shift 2
    python3 "$here/tests/suite/common/terminal.py" \
        "[[\"$setup\\necho rea\\\"\\\"dy\\n\", \"ready\"], [\"\\u0015aimem lock rel\\t\", \"release \"]]" \
        env HOME=/tmp TERM=xterm chroot "$root" "$shell" "$@" >/dev/null
    echo "$shell completes"
}

files >"$root/tmp/before"
chroot "$root" dpkg -i /tmp/aimem.deb
chroot "$root" sh -ec 'cd /tmp; export HOME=/tmp; echo "{}" >a.json; aimem update a.json .n=1; aimem read -c a.json'
LC_ALL=C.UTF-8 MANPAGER=cat chroot "$root" man aimem-update | grep 'EXIT STATUS'
type_at bash 'source /usr/share/bash-completion/bash_completion' --norc -i
type_at zsh 'autoload -U compinit; compinit -u -D' -f -i
type_at fish true -i
chroot "$root" dpkg -P aimem
files | diff "$root/tmp/before" - && echo "nothing is left"
