#!/bin/sh
# Installs aimem from an unpacked release archive, without the network; --uninstall takes away
# what was installed, and nothing else.
#
#   ./install.sh [--prefix DIR] [--uninstall]
#
# DIR is /usr/local for root, ~/.local for everybody else.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
if [ "$(id -u)" -eq 0 ]; then prefix=/usr/local; else prefix=$HOME/.local; fi
uninstall=
while [ $# -gt 0 ]; do
    case $1 in
        --prefix) prefix=${2:?"--prefix needs a folder"}; shift 2 ;;
        --prefix=*) prefix=${1#--prefix=}; shift ;;
        --uninstall) uninstall=yes; shift ;;
        *) sed -n 's/^# \{0,1\}//; 2,7p' "$0" >&2; exit 2 ;;
    esac
done
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
# What was put where, and which folders were made, in order.
list=$prefix/share/aimem/installed

if [ -n "$uninstall" ]; then
    [ -f "$list" ] || { echo "error: nothing is installed under $prefix" >&2; exit 1; }
    while IFS= read -r path; do
        [ -d "$path" ] || rm -f "$path"
    done <"$list"
    # Deepest first; one that others use by now stays.
    sed -n '1!G;h;$p' "$list" | while IFS= read -r path; do
        if [ -d "$path" ]; then
            [ "$path" != "$prefix/share/aimem" ] || rm -f "$list"
            rmdir "$path" 2>/dev/null || true
        fi
    done
    rm -f "$list"
    echo "removed aimem from $prefix"
    exit 0
fi

# The list is made first and grows line by line: what was interrupted can be uninstalled.
pending=
folder() {
    [ -d "$1" ] && return
    folder "$(dirname "$1")"
    mkdir "$1"
    if [ -f "$list" ]; then echo "$1" >>"$list"; else pending="$pending$1
"; fi
}
put() {
    folder "$(dirname "$3")"
    grep -qxF "$3" "$list" || echo "$3" >>"$list"
    # Beside it and renamed: a program that runs is not written into.
    cp "$2" "$3.new$$"
    chmod "$1" "$3.new$$"
    mv -f "$3.new$$" "$3"
}

[ -x "$here/aimem" ] || { echo "error: $here/aimem is missing: run this from an unpacked release archive" >&2; exit 1; }
folder "$prefix/share/aimem"
[ -f "$list" ] || : >"$list"
printf %s "$pending" >>"$list"

put 755 "$here/aimem" "$prefix/bin/aimem"
for page in "$here"/man/*.1; do
    put 644 "$page" "$prefix/share/man/man1/$(basename "$page")"
done
put 644 "$here/completions/aimem.bash" "$prefix/share/bash-completion/completions/aimem"
put 644 "$here/completions/_aimem" "$prefix/share/zsh/site-functions/_aimem"
put 644 "$here/completions/aimem.fish" "$prefix/share/fish/vendor_completions.d/aimem.fish"
for text in README.md LICENSE-MIT LICENSE-APACHE THIRD-PARTY.md; do
    put 644 "$here/$text" "$prefix/share/doc/aimem/$text"
done
echo "installed aimem into $prefix; take it away with: $here/install.sh --prefix $prefix --uninstall"
case :$PATH: in
    *":$prefix/bin:"*) ;;
    *) echo "note: $prefix/bin is not in PATH" >&2 ;;
esac
