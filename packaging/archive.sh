#!/bin/sh
# Makes a release archive in dist/: the binary and all that install.sh puts in its place.
#
#   packaging/archive.sh [TARGET]
#
# Without TARGET, on Linux: a static binary for this machine, with musl. It needs
# `rustup target add x86_64-unknown-linux-musl` (or aarch64-…) and musl-gcc (Debian's musl-tools).
set -eu
cd "$(dirname "$0")/.."

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
host=$(rustc -vV | sed -n 's/^host: //p')
target=${1:-$(echo "$host" | sed 's/-linux-gnu$/-linux-musl/')}
cargo build --release --locked --target "$target"
name=aimem-$version-$target
rm -rf "dist/$name"
mkdir -p "dist/$name"
cp "${CARGO_TARGET_DIR:-target}/$target/release/aimem" packaging/install.sh "dist/$name/"
cp -R man completions README.md LICENSE-MIT LICENSE-APACHE THIRD-PARTY.md "dist/$name/"
tar -C dist -czf "dist/$name.tar.gz" "$name"
echo "dist/$name.tar.gz"
