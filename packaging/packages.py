#!/usr/bin/env python3
"""Makes what people without Rust install: a Python wheel and npm packages, around finished binaries.

    packaging/packages.py [--out dist] [--level 9] TARGET=BINARY…

One wheel for each TARGET, such as x86_64-unknown-linux-musl, which carries the binary as uv and ruff do.
For npm, as esbuild does, one package for each, and a thin one, which picks. Nothing is fetched, and the
same binaries give the same bytes. Install them from their files:

    pip install dist/aimem-*-py3-none-*.whl
    npm install dist/aimem-linux-x64-*.tgz dist/aimem-0.1.0.tgz
"""

import argparse
import base64
import gzip
import hashlib
import io
import json
import pathlib
import re
import sys
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "packaging"
LICENCES = ["LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY.md"]

# Target: the wheel's platforms, npm's system and machine. A static binary needs no C library: it is both
# manylinux and musllinux. One that needs the C library of this very machine is neither.
TARGETS = {
    "x86_64-unknown-linux-musl": (["manylinux_2_17_x86_64", "musllinux_1_1_x86_64"], "linux", "x64"),
    "aarch64-unknown-linux-musl": (["manylinux_2_17_aarch64", "musllinux_1_1_aarch64"], "linux", "arm64"),
    "x86_64-unknown-linux-gnu": (["linux_x86_64"], "linux", "x64"),
    "aarch64-unknown-linux-gnu": (["linux_aarch64"], "linux", "arm64"),
    "x86_64-apple-darwin": (["macosx_10_12_x86_64"], "darwin", "x64"),
    "aarch64-apple-darwin": (["macosx_11_0_arm64"], "darwin", "arm64"),
}


def cargo(field):
    """A field of the package, as Cargo.toml has it."""
    return re.search(rf'^{field} = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M).group(1)


VERSION = cargo("version")


def wheel(out, target, binary, level):
    platforms = TARGETS[target][0]
    package = ROOT / "packaging/python/aimem"
    info = f"aimem-{VERSION}.dist-info"
    files = [(f"aimem/{path.name}", path.read_bytes()) for path in sorted(package.iterdir()) if path.is_file()]
    script = f"aimem-{VERSION}.data/scripts/aimem"
    files.append((script, binary.read_bytes()))
    metadata = f"""\
Metadata-Version: 2.1
Name: aimem
Version: {VERSION}
Summary: {cargo("description")}
License: MIT OR Apache-2.0
Classifier: Operating System :: POSIX
Classifier: Typing :: Typed
Requires-Python: >=3.9
Description-Content-Type: text/markdown

{(HERE / "python/README.md").read_text()}"""
    tags = "".join(f"Tag: py3-none-{platform}\n" for platform in platforms)
    files.append((f"{info}/METADATA", metadata.encode()))
    files.append((f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: aimem\nRoot-Is-Purelib: false\n{tags}".encode()))
    files += [(f"{info}/licenses/{name}", (ROOT / name).read_bytes()) for name in LICENCES]
    record = "".join(f"{name},sha256={digest(content)},{len(content)}\n" for name, content in files)
    files.append((f"{info}/RECORD", f"{record}{info}/RECORD,,\n".encode()))
    path = out / f"aimem-{VERSION}-py3-none-{'.'.join(platforms)}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in files:
            # The oldest date that a zip file can have: the same source gives the same bytes.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100755 if name == script else 0o100644) << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, level)
    return path


def digest(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def tarball(path, files, level):
    """What `npm pack` would make."""
    with gzip.GzipFile(path, "wb", level, mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content, mode in files:
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return path


def manifest(fields):
    return ("package.json", (json.dumps(fields, indent=2) + "\n").encode(), 0o644)


def of_machine(out, target, binary, level):
    """npm's package with the binary for one kind of machine."""
    _, system, machine = TARGETS[target]
    fields = {
        "name": f"@aimem/{system}-{machine}",
        "version": VERSION,
        "description": f"The program aimem for {system} {machine}",
        "license": "MIT OR Apache-2.0",
        "preferUnplugged": True,
        "os": [system],
        "cpu": [machine],
    }
    files = [manifest(fields), ("bin/aimem", binary.read_bytes(), 0o755)]
    files += [(name, (ROOT / name).read_bytes(), 0o644) for name in LICENCES]
    return tarball(out / f"aimem-{system}-{machine}-{VERSION}.tgz", files, level)


def thin(out, targets, level):
    """npm's package that everybody names."""
    folder = HERE / "npm"
    fields = json.loads((folder / "package.json").read_text())
    names = sorted("@aimem/{1}-{2}".format(*TARGETS[target]) for target in targets)
    fields["version"] = VERSION
    fields["optionalDependencies"] = {name: VERSION for name in names}
    files = [manifest(fields), ("README.md", (folder / "README.md").read_bytes(), 0o644)]
    files += [(name, (ROOT / name).read_bytes(), 0o644) for name in LICENCES[:2]]
    files.append(("bin/aimem", (folder / "bin/aimem").read_bytes(), 0o755))
    files += [(f"lib/{path.name}", path.read_bytes(), 0o644) for path in sorted((folder / "lib").iterdir())]
    return tarball(out / f"aimem-{VERSION}.tgz", files, level)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binaries", nargs="+", metavar="TARGET=BINARY")
    arguments.add_argument("--out", type=pathlib.Path, default=ROOT / "dist")
    arguments.add_argument("--level", type=int, default=9, help="how hard to compress, 0 to 9")
    given = arguments.parse_args()
    binaries = {}
    for word in given.binaries:
        target, _, binary = word.partition("=")
        if target not in TARGETS or not pathlib.Path(binary).is_file():
            sys.exit(f"error: {word}: give TARGET=BINARY, TARGET one of {', '.join(TARGETS)}")
        binaries[target] = pathlib.Path(binary)
    given.out.mkdir(parents=True, exist_ok=True)
    for target, binary in binaries.items():
        print(wheel(given.out, target, binary, given.level))
        print(of_machine(given.out, target, binary, given.level))
    print(thin(given.out, binaries, given.level))


main()
