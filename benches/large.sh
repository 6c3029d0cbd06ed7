#!/usr/bin/env bash
# Peak memory of an update of a large document, beside that of the filter engine alone on the
# same document and filter (aimem read: parse, filter, print). Usage: large.sh [MEGABYTES]
# Needs python3 and GNU time; AIMEM names the binary (default: target/release/aimem).
set -euo pipefail
aimem=${AIMEM:-$(dirname "$0")/../target/release/aimem}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME=$folder

python3 - "${1:-200}" "$folder/doc.json" <<'PYTHON'
import json, sys
size, path = int(sys.argv[1]) * 1_000_000, sys.argv[2]
with open(path, "w") as out:
    out.write('{\n  "records": [\n')
    number = 0
    while out.tell() < size:
        record = {"id": number, "name": f"entry {number}", "score": number / 7, "tags": ["a", "b", number % 10]}
        text = json.dumps(record, indent=2).replace("\n", "\n    ")
        out.write(("    " if number == 0 else ",\n    ") + text)
        number += 1
    out.write("\n  ]\n}\n")
PYTHON

peak() { # NAME COMMAND…: megabytes and seconds
    local name=$1
    shift
    command time -f "%M %e" -o "$folder/time" "$@" >/dev/null
    read -r kilobytes seconds <"$folder/time"
    printf '%-22s %6d MB  %6.2f s\n' "$name" $((kilobytes / 1024)) "$seconds"
}

printf '%-22s %6d MB\n' "document" $(($(stat -c %s "$folder/doc.json") / 1048576))
filter='.records[7].name = "new"'
peak "read (engine alone)" "$aimem" read "$folder/doc.json" "$filter"
peak "update" "$aimem" update "$folder/doc.json" "$filter"
peak "update --backup" "$aimem" update --backup "$folder/doc.json" "$filter | .records[8].name = \"newer\""
