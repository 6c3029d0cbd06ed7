module completions {

  def "nu-complete aimem color" [] {
    [ "auto" "always" "never" ]
  }

  # Many agents, editors and cron jobs share files without losing a byte
  export extern aimem [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem lock color" [] {
    [ "auto" "always" "never" ]
  }

  # Act on one lock: run a command under it, take it, release it
  export extern "aimem lock" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem lock color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem lock with color" [] {
    [ "auto" "always" "never" ]
  }

  # Run a command while holding the lock of one or several files
  export extern "aimem lock with" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem lock with color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --close                   # Do not let the command inherit the lock: it is free as soon as aimem is gone
    --ttl: string             # End the command after this long: TERM, and KILL after --kill-after
    --kill-after: string      # How long after TERM to send KILL
    --on-reclaimed: string    # Run this shell command first when the lock was taken over from a dead holder
    --client: string          # Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    --json                    # Tell what was done as one JSON document on the last line of standard error; errors too
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --help(-h)                # Print help
    --version(-V)             # Print version
    ...files: path            # The files whose locks to hold
  ]

  def "nu-complete aimem lock acquire color" [] {
    [ "auto" "always" "never" ]
  }

  # Take a lock that outlives this command, and print its id
  export extern "aimem lock acquire" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem lock acquire color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --pid: string             # The process that shall own the lock [default: the shell that runs this command]
    --ttl: string             # Make it a lease that ends after this long, whatever the processes do
    --id-file: path           # Keep the id in this file instead of printing it, for `lock release` and `renew`
    --json                    # Print what was done as one JSON document; errors too, on standard error
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --lock: string            # Work under this lock, which is already held, instead of taking one
    --client: string          # Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    --help(-h)                # Print help
    --version(-V)             # Print version
    file: path                # The file
  ]

  def "nu-complete aimem lock release color" [] {
    [ "auto" "always" "never" ]
  }

  # Give back the lock with this id
  export extern "aimem lock release" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem lock release color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --id-file: path           # The file in which `lock acquire` has kept the id
    --client: string          # The client whose lease it is, NAME:SESSION [default: $AIMEM_CLIENT]
    --json                    # Print what was done as one JSON document; errors too, on standard error
    --help(-h)                # Print help
    --version(-V)             # Print version
    lock?: path               # The id that `lock acquire` printed, or its beginning; or the file, for a client NAME:SESSION
  ]

  def "nu-complete aimem lock renew color" [] {
    [ "auto" "always" "never" ]
  }

  # Let a lease run for longer, counted from now
  export extern "aimem lock renew" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem lock renew color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --id-file: path           # The file in which `lock acquire` has kept the id
    --client: string          # The client whose lease it is, NAME:SESSION [default: $AIMEM_CLIENT]
    --ttl: string             # From now on
    --json                    # Print what was done as one JSON document; errors too, on standard error
    --help(-h)                # Print help
    --version(-V)             # Print version
    lock?: path               # The id that `lock acquire` printed, or its beginning; or the file, for a client NAME:SESSION
  ]

  def "nu-complete aimem lock status color" [] {
    [ "auto" "always" "never" ]
  }

  # Say who holds the lock of a file
  export extern "aimem lock status" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem lock status color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --json                    # One JSON document
    --help(-h)                # Print help
    --version(-V)             # Print version
    file: path                # The file
  ]

  def "nu-complete aimem lock wait color" [] {
    [ "auto" "always" "never" ]
  }

  # Wait until the lock of a file is free, without taking it
  export extern "aimem lock wait" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem lock wait color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --json                    # Print what was done as one JSON document; errors too, on standard error
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --help(-h)                # Print help
    --version(-V)             # Print version
    file: path                # The file
  ]

  def "nu-complete aimem lock break color" [] {
    [ "auto" "always" "never" ]
  }

  # Take the lock of a file away from whoever holds it
  export extern "aimem lock break" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem lock break color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
    file: path                # The file
  ]

  def "nu-complete aimem lock take color" [] {
    [ "auto" "always" "never" ]
  }

  # Take the lock of a file away from whoever holds it, and have it
  export extern "aimem lock take" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem lock take color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --ttl: string             # How long the lease lasts
    --json                    # Print what was done as one JSON document; errors too, on standard error
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --lock: string            # Work under this lock, which is already held, instead of taking one
    --client: string          # Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    --help(-h)                # Print help
    --version(-V)             # Print version
    file: path                # The file
  ]

  def "nu-complete aimem locks color" [] {
    [ "auto" "always" "never" ]
  }

  # Look at all locks, and remove stale ones
  export extern "aimem locks" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem locks color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem locks show color" [] {
    [ "auto" "always" "never" ]
  }

  # List every lock with its holder, its age, and whether it is alive
  export extern "aimem locks show" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem locks show color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --json                    # One JSON document
    --older-than: string      # Only locks that are older
    --watch: string           # Show them again every second, or every DUR, until Ctrl-C; with --json one document a line
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem locks cleanup color" [] {
    [ "auto" "always" "never" ]
  }

  # Remove stale locks, and only those
  export extern "aimem locks cleanup" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem locks cleanup color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --dry-run                 # Only say what would be removed
    --json                    # One JSON document
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem locks check color" [] {
    [ "auto" "always" "never" ]
  }

  # For monitors: exit 1 when a lock is stale or old, or waits time out often
  export extern "aimem locks check" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem locks check color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --max-age: string         # A lock that is older is reported
    --max-timeouts: string    # More waits than this that timed out in the last hour are reported
    --json                    # One JSON document
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem locks log color" [] {
    [ "auto" "always" "never" ]
  }

  # Show what happened to locks that should not happen often
  export extern "aimem locks log" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem locks log color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --since: string           # Only what happened within this time before now
    --summary                 # Count by file and client, with the median and the 99th percentile of the long waits
    --json                    # One JSON document
    --follow(-F)              # Go on with what happens from now on, as it happens, with --json one document a line; Ctrl-C ends it
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem locks selftest color" [] {
    [ "auto" "always" "never" ]
  }

  # Race the lock on this very file system
  export extern "aimem locks selftest" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem locks selftest color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --contenders: string      # How many processes at once; several numbers are several races
    --takeovers: string       # End a race after so many locks were taken over from dead holders
    --time: string            # End a race after this long in any case
    --compare                 # Race the old scripts' rule too (kill -0, remove, mkdir), for comparison
    --json                    # One JSON document
    --help(-h)                # Print help
    --version(-V)             # Print version
    folder?: path             # Where to race [default: the lock folder]
  ]

  def "nu-complete aimem locks init color" [] {
    [ "auto" "always" "never" ]
  }

  # Make a lock folder for all who share DIR
  export extern "aimem locks init" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem locks init color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --group: string           # Whose members may use it: a name or a number; without it, everyone may
    --help(-h)                # Print help
    --version(-V)             # Print version
    dir: path                 # The folder that is shared
  ]

  def "nu-complete aimem read color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete aimem read format" [] {
    [ "json" "jsonc" "toml" ]
  }

  def "nu-complete aimem read duplicate_keys" [] {
    [ "last" ]
  }

  # Print a file, or what a filter makes of it
  export extern "aimem read" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem read color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --args                    # The words that follow are texts in $ARGS.positional
    --jsonargs                # The words that follow are JSON values in $ARGS.positional
    --format: string@"nu-complete aimem read format" # The file's format [default: what its name says, else JSON]
    --from-file(-f): path     # Read the filter from a file
    --arg: string             # Set $NAME to the text VALUE
    --argjson: string         # Set $NAME to the JSON value TEXT
    --slurpfile: string       # Set $NAME to an array of the JSON documents in PATH
    --rawfile: string         # Set $NAME to the text in PATH
    --sort-keys(-S)           # Sort the keys of every object
    --indent: string          # Indent by N spaces
    --tab                     # Indent by tabs
    --compact-output(-c)      # Everything on one line
    --duplicate-keys: string@"nu-complete aimem read duplicate_keys" # With two equal keys in an object let the last one count [default: an update refuses the file, a read warns]
    --exit-status(-e)         # Exit with 1 when the last result is null or false
    --max-time: string        # Give up when the filter runs for longer
    --pretty                  # Indent JSON [default for .json files and for the results of a filter]
    --raw(-r)                 # Without a filter, the exact bytes of the file; with one, strings without quotes
    --join-output(-j)         # The same, without a line end after each result
    --color-output(-C)        # Colours, as --color always
    --slurp(-s)               # Run the filter on the array of all documents in the file, and not on each one
    --etag                    # Print only the content's tag, for `write --if-match`
    --default: string         # Print this JSON when there is no such file
    --json                    # Print one JSON document: the path, the tag, and the document or the content, of one moment
    --locked                  # Take the lock: wait until nobody who takes it is in the middle of anything
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --lock: string            # Work under this lock, which is already held, instead of taking one
    --client: string          # Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete aimem update color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete aimem update format" [] {
    [ "json" "jsonc" "toml" ]
  }

  def "nu-complete aimem update duplicate_keys" [] {
    [ "last" ]
  }

  # Change a JSON, JSONC or TOML document with a jq filter, or any file with a command
  export extern "aimem update" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem update color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --args                    # The words that follow are texts in $ARGS.positional
    --jsonargs                # The words that follow are JSON values in $ARGS.positional
    --format: string@"nu-complete aimem update format" # The file's format [default: what its name says, else JSON]
    --from-file(-f): path     # Read the filter from a file
    --arg: string             # Set $NAME to the text VALUE
    --argjson: string         # Set $NAME to the JSON value TEXT
    --slurpfile: string       # Set $NAME to an array of the JSON documents in PATH
    --rawfile: string         # Set $NAME to the text in PATH
    --sort-keys(-S)           # Sort the keys of every object
    --indent: string          # Indent by N spaces
    --tab                     # Indent by tabs
    --compact-output(-c)      # Everything on one line
    --duplicate-keys: string@"nu-complete aimem update duplicate_keys" # With two equal keys in an object let the last one count [default: an update refuses the file, a read warns]
    --exit-status(-e)         # Exit with 1 when the last result is null or false
    --max-time: string        # Give up when the filter runs for longer
    --pipe                    # Pass the document through a command's standard input and output
    --text                    # With --pipe: the file may be any text, and not only JSON
    --create: string          # Start from this document when there is no such file, by default from an empty one; missing folders above it are made
    --dry-run                 # Print what would change as a diff, and change nothing
    --print                   # Print the new document
    --return: string          # Print the results of this filter on the new document
    --json                    # Print what was done as one JSON document; errors too, on standard error
    --if-match: string        # Change the file only if its tag, from `read --etag`, is still this one; none: if there is no file
    --any-kind                # Let the document become one of another kind, such as a number where an object was
    --schema: path            # Refuse what breaks this JSON Schema; auto: the one that the document names under $schema, if that is a file here [default: $AIMEM_SCHEMA]
    --backup: string          # Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]
    --no-sync                 # Do not sync the folder: quicker, and a power cut may bring the old file back
    --in-place                # Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --lock: string            # Work under this lock, which is already held, instead of taking one
    --client: string          # Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete aimem write color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete aimem write format" [] {
    [ "json" "jsonc" "toml" ]
  }

  # Replace a file by what stands on standard input
  export extern "aimem write" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem write color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --content: string         # Write this instead of standard input
    --validate                # Refuse what is not one document in the file's format [always for .json, .jsonc and .toml]
    --format: string@"nu-complete aimem write format" # The file's format [default: what its name says, else JSON]
    --schema: path            # Refuse what breaks this JSON Schema; auto: the one that the document names under $schema, if that is a file here [default: $AIMEM_SCHEMA]
    --if-match: string        # Write only if the file's tag, from `read --etag`, is still this one; none: if there is no file
    --no-lock                 # Do not take the lock: what another writes at the same time may be overwritten unseen
    --json                    # Print what was done as one JSON document; errors too, on standard error
    --backup: string          # Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]
    --no-sync                 # Do not sync the folder: quicker, and a power cut may bring the old file back
    --in-place                # Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --lock: string            # Work under this lock, which is already held, instead of taking one
    --client: string          # Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    file: path                # The file; missing folders above it are made
  ]

  def "nu-complete aimem edit color" [] {
    [ "auto" "always" "never" ]
  }

  # Replace a text in any file where it occurs exactly once
  export extern "aimem edit" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem edit color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --old: string             # The text to replace, which must occur exactly once
    --new: string             # What takes its place; may be empty
    --old-file: path          # Read the text to replace from a file, or from standard input (-)
    --new-file: path          # Read what takes its place from a file, or from standard input (-)
    --all                     # Replace it wherever it occurs, and say how often that was
    --script: path            # Make several edits, all or none: lines of JSON in a file or on standard input (-), each an object with old, new and perhaps all
    --if-match: string        # Edit only if the file's tag, from `read --etag`, is still this one
    --dry-run                 # Print what would change as a diff, and change nothing
    --json                    # Say what was done as one JSON document
    --backup: string          # Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]
    --no-sync                 # Do not sync the folder: quicker, and a power cut may bring the old file back
    --in-place                # Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --lock: string            # Work under this lock, which is already held, instead of taking one
    --client: string          # Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    --help(-h)                # Print help
    --version(-V)             # Print version
    file: path                # The file
  ]

  def "nu-complete aimem insert color" [] {
    [ "auto" "always" "never" ]
  }

  # Insert lines into any file, at a place that is named
  export extern "aimem insert" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem insert color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --under: string           # At the end of the section below this Markdown heading
    --after: string           # After the line that this text is on, which must occur exactly once
    --before: string          # Before the line that this text is on
    --line: string            # As line N; 1 is the first
    --end                     # At the end of the file
    --if-match: string        # Insert only if the file's tag, from `read --etag`, is still this one
    --dry-run                 # Print what would change as a diff, and change nothing
    --json                    # Say what was done as one JSON document
    --backup: string          # Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]
    --no-sync                 # Do not sync the folder: quicker, and a power cut may bring the old file back
    --in-place                # Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --lock: string            # Work under this lock, which is already held, instead of taking one
    --client: string          # Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    --help(-h)                # Print help
    --version(-V)             # Print version
    file: path                # The file
    text?: string             # The lines; standard input when there are none, or for -
  ]

  def "nu-complete aimem append color" [] {
    [ "auto" "always" "never" ]
  }

  # Add lines at the end of any file
  export extern "aimem append" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem append color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --max-size: string        # Let no file grow beyond this: set it aside as FILE.1, FILE.2, … at a line's end
    --keep: string            # With --max-size: keep so many of those that are set aside
    --no-sync                 # Do not sync the folder: quicker, and a power cut may take a new file away
    --json                    # Say what was done as one JSON document
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --lock: string            # Work under this lock, which is already held, instead of taking one
    --client: string          # Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    --help(-h)                # Print help
    --version(-V)             # Print version
    file: path                # The file; missing folders above it are made
    text?: string             # The lines; standard input when there are none, or for -: then each line is written as it comes
  ]

  def "nu-complete aimem restore color" [] {
    [ "auto" "always" "never" ]
  }

  # Put an earlier version of a file back
  export extern "aimem restore" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem restore color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --list                    # Show the backups that are kept
    --json                    # Print what was done, or the list, as one JSON document; errors too, on standard error
    --from: string            # Which version: a backup's number, 0 being the latest, or one that `history` shows, as @{-1} [default: the latest backup, or else @{-1}]
    --force                   # Put back what is broken, or was altered since it was kept
    --dry-run                 # Print what would change as a diff, and change nothing
    --backup: string          # Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]
    --no-sync                 # Do not sync the folder: quicker, and a power cut may bring the old file back
    --in-place                # Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --lock: string            # Work under this lock, which is already held, instead of taking one
    --client: string          # Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    --help(-h)                # Print help
    --version(-V)             # Print version
    file: path                # The file
  ]

  def "nu-complete aimem undo color" [] {
    [ "auto" "always" "never" ]
  }

  # Undo the last change of a file
  export extern "aimem undo" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem undo color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --client: string          # Only the last change of the client of this name
    --force                   # Put back what is broken, or was altered since it was kept
    --dry-run                 # Print what would change as a diff, and change nothing
    --json                    # Print what was done as one JSON document; errors too, on standard error
    --backup: string          # Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]
    --no-sync                 # Do not sync the folder: quicker, and a power cut may bring the old file back
    --in-place                # Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --lock: string            # Work under this lock, which is already held, instead of taking one
    --help(-h)                # Print help
    --version(-V)             # Print version
    file: path                # The file
  ]

  def "nu-complete aimem history color" [] {
    [ "auto" "always" "never" ]
  }

  # Show what a file was before: when, who, by which verb, how large
  export extern "aimem history" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem history color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --json                    # One JSON document; errors too, on standard error
    --help(-h)                # Print help
    --version(-V)             # Print version
    file: path                # The file
  ]

  def "nu-complete aimem history show color" [] {
    [ "auto" "always" "never" ]
  }

  # Print a version, byte for byte
  export extern "aimem history show" [
    --force                   # Print it even if it was altered since it was kept
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem history show color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
    file: path                # The file
    which?: string            # Which version
  ]

  def "nu-complete aimem history diff color" [] {
    [ "auto" "always" "never" ]
  }

  # Print what differs between two versions
  export extern "aimem history diff" [
    --force                   # Take versions even if they were altered since they were kept
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem history diff color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
    file: path                # The file
    from?: string             # The older version
    to?: string               # The newer one
  ]

  def "nu-complete aimem history forget color" [] {
    [ "auto" "always" "never" ]
  }

  # Remove all that is known of a file's past
  export extern "aimem history forget" [
    --json                    # One JSON document; errors too, on standard error
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem history forget color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
    file: path                # The file
  ]

  def "nu-complete aimem history prune color" [] {
    [ "auto" "always" "never" ]
  }

  # Remove versions beyond what is to be kept, of all files
  export extern "aimem history prune" [
    --json                    # One JSON document; errors too, on standard error
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem history prune color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
    file?: path               # A file, whose lock folder is meant [default: the working folder's]
  ]

  def "nu-complete aimem init color" [] {
    [ "auto" "always" "never" ]
  }

  # Make a project's memory: context, sessions and decisions, with their schemas
  export extern "aimem init" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem init color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --folder: path            # The folder of all memories [default: memory in $AICONFIG_PATH, or in ~/aiconfig]
    --json                    # Print what was made as one JSON document; errors too, on standard error
    --client: string          # Call yourself NAME in what others see of the locks [default: $AIMEM_CLIENT]
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --help(-h)                # Print help
    --version(-V)             # Print version
    project: string           # The project's name
  ]

  def "nu-complete aimem check color" [] {
    [ "auto" "always" "never" ]
  }

  # Look at memory files, their locks and the outbox; exit 1 if a person is needed
  export extern "aimem check" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem check color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --schema: path            # Refuse what breaks this JSON Schema; auto: the one that the document names under $schema, if that is a file here [default: $AIMEM_SCHEMA]
    --fix                     # Mend what is safe to mend: leftovers of dead writers, and stale locks
    --max-age: string         # A lock that is older is told
    --json                    # One JSON document
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --help(-h)                # Print help
    --version(-V)             # Print version
    ...paths: path            # Files, and folders with all below them
  ]

  def "nu-complete aimem compare color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete aimem compare format" [] {
    [ "json" "jsonc" "toml" ]
  }

  # Say whether a version of a document is older than another, newer, or neither
  export extern "aimem compare" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem compare color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --format: string@"nu-complete aimem compare format" # The file's format [default: what its name says, else JSON]
    --json                    # One JSON document
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    one: path                 # A version
    other: path               # Another one
  ]

  def "nu-complete aimem merge color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete aimem merge format" [] {
    [ "json" "jsonc" "toml" ]
  }

  # Make one document of two versions of it
  export extern "aimem merge" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem merge color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --sync-conflicts: path    # Merge the copies that Syncthing, Dropbox and iCloud have left in DIR and below into their files; each is kept in the history of its file, then removed
    --base: path              # The version that both come from [default: the newest common one in the history]
    --output(-o): path        # Write the merged document to this file, instead of standard output
    --write                   # Write it to OURS, under its lock
    --id-key: string          # What names the elements of an array; may be given several times [default: id, key, name]
    --format: string@"nu-complete aimem merge format" # The file's format [default: what its name says, else JSON]
    --if-match: string        # Merge only if the tag of OURS, from `read --etag`, is still this one
    --dry-run                 # Print what would change in OURS as a diff, and change nothing
    --json                    # Print what was done as one JSON document; errors too, on standard error
    --backup: string          # Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]
    --no-sync                 # Do not sync the folder: quicker, and a power cut may bring the old file back
    --in-place                # Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --lock: string            # Work under this lock, which is already held, instead of taking one
    --client: string          # Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    ours?: path               # Our version, whose style the merged document has
    theirs?: path             # The other version
  ]

  def "nu-complete aimem conflicts color" [] {
    [ "auto" "always" "never" ]
  }

  # List the conflicts that a merge has left, and resolve them
  export extern "aimem conflicts" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem conflicts color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem conflicts list format" [] {
    [ "json" "jsonc" "toml" ]
  }

  def "nu-complete aimem conflicts list color" [] {
    [ "auto" "always" "never" ]
  }

  # List the conflicts of a document; exit 1 if there are any
  export extern "aimem conflicts list" [
    --format: string@"nu-complete aimem conflicts list format" # The file's format [default: what its name says, else JSON]
    --json                    # One JSON document
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem conflicts list color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    file: path                # The document
  ]

  def "nu-complete aimem conflicts show format" [] {
    [ "json" "jsonc" "toml" ]
  }

  def "nu-complete aimem conflicts show color" [] {
    [ "auto" "always" "never" ]
  }

  # Show the values of all sides
  export extern "aimem conflicts show" [
    --format: string@"nu-complete aimem conflicts show format" # The file's format [default: what its name says, else JSON]
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem conflicts show color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    file: path                # The document
    which?: string            # One conflict: its number or its path, as `list` has them [default: all]
  ]

  def "nu-complete aimem conflicts resolve format" [] {
    [ "json" "jsonc" "toml" ]
  }

  def "nu-complete aimem conflicts resolve color" [] {
    [ "auto" "always" "never" ]
  }

  # Choose what the document shall hold
  export extern "aimem conflicts resolve" [
    --all                     # Resolve all of them in this way
    --ours                    # Keep what the document holds
    --theirs                  # Take their value; what they have removed is removed
    --value: string           # Take this value
    --format: string@"nu-complete aimem conflicts resolve format" # The file's format [default: what its name says, else JSON]
    --if-match: string        # Resolve only if the file's tag, from `read --etag`, is still this one
    --dry-run                 # Print what would change as a diff, and change nothing
    --json                    # Print what was done as one JSON document; errors too, on standard error
    --backup: string          # Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]
    --no-sync                 # Do not sync the folder: quicker, and a power cut may bring the old file back
    --in-place                # Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --lock: string            # Work under this lock, which is already held, instead of taking one
    --client: string          # Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem conflicts resolve color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    file: path                # The document
    which?: string            # The conflict: its number or its path, as `list` has them
  ]

  def "nu-complete aimem merge-driver color" [] {
    [ "auto" "always" "never" ]
  }

  # Merge for git and jj
  export extern "aimem merge-driver" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem merge-driver color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --jj                      # The files are OUTPUT BASE LEFT RIGHT, as jj names them
    --help(-h)                # Print help
    --version(-V)             # Print version
    ...files: path            # The files, in the caller's order; an empty BASE stands for none
  ]

  def "nu-complete aimem merge-driver install color" [] {
    [ "auto" "always" "never" ]
  }

  # Tell git of the driver, and print the lines for .gitattributes
  export extern "aimem merge-driver install" [
    --global                  # For all repositories of this user
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem merge-driver install color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem queue color" [] {
    [ "auto" "always" "never" ]
  }

  # Save memories at once, and deliver them when the server can take them
  export extern "aimem queue" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem queue color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem queue add color" [] {
    [ "auto" "always" "never" ]
  }

  # Save a memory; it is on disk when this returns
  export extern "aimem queue add" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem queue add color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --project(-p): string     # Whose memory it is
    --lines                   # One memory a line of standard input; blank lines are passed over
    --meta: string            # Something else to keep with it
    --max-entries: string     # Refuse when more entries than this would be waiting or dead
    --max-bytes: string       # Refuse when these would have more bytes than this together
    --json                    # One JSON document with all the ids, at the end
    --help(-h)                # Print help
    --version(-V)             # Print version
    content?: string          # The memory [default: standard input]
  ]

  def "nu-complete aimem queue list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete aimem queue list state" [] {
    [ "pending" "in-flight" "dead" "delivered" ]
  }

  # List what is on its way
  export extern "aimem queue list" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem queue list color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --state: string@"nu-complete aimem queue list state" # Only entries in this state; may be given several times [default: all but delivered]
    --project(-p): string     # Only this project's
    --limit: string           # Only the oldest N
    --json                    # One JSON document
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete aimem queue show color" [] {
    [ "auto" "always" "never" ]
  }

  # Show one entry whole
  export extern "aimem queue show" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem queue show color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --content                 # Only the content, as it was given
    --json                    # One JSON document, which is the default
    --help(-h)                # Print help
    --version(-V)             # Print version
    id: string                # The id that `queue add` printed
  ]

  def "nu-complete aimem queue status color" [] {
    [ "auto" "always" "never" ]
  }

  # Numbers, and for monitors a level: exit 1 at warning, 2 at critical
  export extern "aimem queue status" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem queue status color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --json                    # One JSON document
    --prometheus              # Prometheus' text format, for a textfile collector
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem queue work color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete aimem queue work log_format" [] {
    [ "text" "json" ]
  }

  def "nu-complete aimem queue work print_service" [] {
    [ "cron" "hook" "systemd" "launchd" ]
  }

  # Deliver what is due
  export extern "aimem queue work" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem queue work color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --watch                   # Go on: one run each interval, until a signal comes
    --interval: string        # The time between two runs
    --concurrency: string     # Uploads at a time
    --tries: string           # Tries of an entry in one run before it is given up on
    --no-revive               # Leave the dead alone
    --log-format: string@"nu-complete aimem queue work log_format" # How the log's lines look
    --json                    # One JSON document about the run
    --print-service: string@"nu-complete aimem queue work print_service" # Do not work, but print what makes it work by itself
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete aimem queue retry color" [] {
    [ "auto" "always" "never" ]
  }

  # Let entries be tried again by the next run, dead ones included
  export extern "aimem queue retry" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem queue retry color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --all                     # All that waits: the dead, those that the server refused included, and the parked
    --help(-h)                # Print help
    --version(-V)             # Print version
    ...ids: string            # Which ones
  ]

  def "nu-complete aimem queue cancel color" [] {
    [ "auto" "always" "never" ]
  }

  # Take entries back before they are delivered
  export extern "aimem queue cancel" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem queue cancel color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
    ...ids: string            # Which ones
  ]

  def "nu-complete aimem queue dead color" [] {
    [ "auto" "always" "never" ]
  }

  # List what was given up on, and why
  export extern "aimem queue dead" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem queue dead color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --json                    # One JSON document
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem queue health color" [] {
    [ "auto" "always" "never" ]
  }

  # Ask the server now: exit 0 when it is up, 1 when it is down
  export extern "aimem queue health" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem queue health color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --json                    # One JSON document
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem queue import color" [] {
    [ "auto" "always" "never" ]
  }

  # Take over the entries of the old Python programs
  export extern "aimem queue import" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem queue import color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --json                    # One JSON document
    --help(-h)                # Print help
    --version(-V)             # Print version
    folder?: path             # The folder of the old files [default: ~/.claude]
  ]

  def "nu-complete aimem queue export color" [] {
    [ "auto" "always" "never" ]
  }

  # Print the outbox in the old programs' form
  export extern "aimem queue export" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem queue export color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem hook color" [] {
    [ "auto" "always" "never" ]
  }

  # Guard what agents edit with their own tools, as a hook of their client
  export extern "aimem hook" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem hook color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem hook run color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete aimem hook run client" [] {
    [ "claude-code" "codex" "gemini" ]
  }

  # Read one event of a client on standard input, and answer it
  export extern "aimem hook run" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem hook run color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --client: string@"nu-complete aimem hook run client" # The client
    --strict                  # Deny an edit that cannot be protected
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete aimem hook install color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete aimem hook install client" [] {
    [ "claude-code" "codex" "gemini" ]
  }

  def "nu-complete aimem hook install scope" [] {
    [ "user" "project" ]
  }

  # Put the hooks into the settings of an agent's client
  export extern "aimem hook install" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem hook install color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --client: string@"nu-complete aimem hook install client" # The client
    --scope: string@"nu-complete aimem hook install scope" # Whose settings: yours, or those of the project in the working folder
    --dry-run                 # Show what would change as a diff, and change nothing
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --print                   # Print the hooks and the file that they belong into, and change nothing
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete aimem hook uninstall color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete aimem hook uninstall client" [] {
    [ "claude-code" "codex" "gemini" ]
  }

  def "nu-complete aimem hook uninstall scope" [] {
    [ "user" "project" ]
  }

  # Take the hooks out of the settings of an agent's client
  export extern "aimem hook uninstall" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem hook uninstall color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --client: string@"nu-complete aimem hook uninstall client" # The client
    --scope: string@"nu-complete aimem hook uninstall scope" # Whose settings: yours, or those of the project in the working folder
    --dry-run                 # Show what would change as a diff, and change nothing
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete aimem hook status color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete aimem hook status client" [] {
    [ "claude-code" "codex" "gemini" ]
  }

  # Say where hooks are installed, and try them
  export extern "aimem hook status" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem hook status color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --client: string@"nu-complete aimem hook status client" # This client only
    --json                    # Print one JSON document
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete aimem mcp color" [] {
    [ "auto" "always" "never" ]
  }

  # Serve files, locks and memories to an agent, by the Model Context Protocol
  export extern "aimem mcp" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem mcp color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --root: path              # Serve the files in this folder; may be repeated [default: $AICONFIG_PATH, or ~/aiconfig]
    --read-only               # Serve files for reading only
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem mcp install color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete aimem mcp install client" [] {
    [ "claude-code" "cursor" "vscode" "codex" "zed" "gemini" ]
  }

  def "nu-complete aimem mcp install scope" [] {
    [ "user" "project" ]
  }

  # Put the server into the settings of an agent's client
  export extern "aimem mcp install" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem mcp install color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --client: string@"nu-complete aimem mcp install client" # The client
    --scope: string@"nu-complete aimem mcp install scope" # Whose settings: yours, or those of the project in the working folder
    --dry-run                 # Show what would change as a diff, and change nothing
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --print                   # Print the entry and the file that it belongs into, and change nothing
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete aimem mcp uninstall color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete aimem mcp uninstall client" [] {
    [ "claude-code" "cursor" "vscode" "codex" "zed" "gemini" ]
  }

  def "nu-complete aimem mcp uninstall scope" [] {
    [ "user" "project" ]
  }

  # Take the server out of the settings of an agent's client
  export extern "aimem mcp uninstall" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem mcp uninstall color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --client: string@"nu-complete aimem mcp uninstall client" # The client
    --scope: string@"nu-complete aimem mcp uninstall scope" # Whose settings: yours, or those of the project in the working folder
    --dry-run                 # Show what would change as a diff, and change nothing
    --timeout(-w): string     # Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    --nonblock(-n)            # Do not wait: the same as --timeout 0
    --conflict-exit-code(-E): string # The exit code when the lock was not free in time [default: 75]
    --no-deadlock-check       # Keep waiting even if others wait for what this process holds
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete aimem scripts color" [] {
    [ "auto" "always" "never" ]
  }

  # Stand in for the old bash scripts
  export extern "aimem scripts" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem scripts color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete aimem scripts install color" [] {
    [ "auto" "always" "never" ]
  }

  # Put file-lock.sh, memory-read.sh, memory-update.sh and atomic-write.sh into a folder
  export extern "aimem scripts install" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem scripts install color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --link                    # Make symbolic links to aimem instead of wrappers: quicker by one shell
    --force                   # Replace what is there, the old scripts included
    --help(-h)                # Print help
    --version(-V)             # Print version
    folder: path              # The folder; it is made when it is missing
  ]

  def "nu-complete aimem completions color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete aimem completions shell" [] {
    [ "bash" "zsh" "fish" "elvish" "powershell" "nushell" ]
  }

  # Print a shell's completions, or write all of them
  export extern "aimem completions" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem completions color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --out: path               # Write the completions of every shell into this folder
    --help(-h)                # Print help
    --version(-V)             # Print version
    shell?: string@"nu-complete aimem completions shell" # The shell
  ]

  def "nu-complete aimem man color" [] {
    [ "auto" "always" "never" ]
  }

  # Print the manual page of a verb, or write all of them
  export extern "aimem man" [
    --quiet(-q)               # Say nothing but errors on standard error; with -E 0 a busy lock is none
    --color: string@"nu-complete aimem man color" # Colours: on a terminal, unless NO_COLOR is set; always; never
    --out: path               # Write a page for every verb into this folder
    --help(-h)                # Print help
    --version(-V)             # Print version
    ...verb: string           # The verb, such as `lock with`; without one, aimem itself
  ]

}

export use completions *
