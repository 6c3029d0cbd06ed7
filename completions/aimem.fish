# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_aimem_global_optspecs
    string join \n q/quiet color= h/help V/version
end

function __fish_aimem_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_aimem_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_aimem_using_subcommand
    set -l cmd (__fish_aimem_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c aimem -n "__fish_aimem_needs_command" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_needs_command" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_needs_command" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_needs_command" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "lock" -d 'Act on one lock: run a command under it, take it, release it'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "locks" -d 'Look at all locks, and remove stale ones'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "read" -d 'Print a file, or what a filter makes of it'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "update" -d 'Change a JSON, JSONC or TOML document with a jq filter, or any file with a command'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "write" -d 'Replace a file by what stands on standard input'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "edit" -d 'Replace a text in any file where it occurs exactly once'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "insert" -d 'Insert lines into any file, at a place that is named'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "append" -d 'Add lines at the end of any file'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "restore" -d 'Put an earlier version of a file back'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "undo" -d 'Undo the last change of a file'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "history" -d 'Show what a file was before: when, who, by which verb, how large'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "init" -d 'Make a project\'s memory: context, sessions and decisions, with their schemas'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "check" -d 'Look at memory files, their locks and the outbox; exit 1 if a person is needed'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "compare" -d 'Say whether a version of a document is older than another, newer, or neither'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "merge" -d 'Make one document of two versions of it'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "conflicts" -d 'List the conflicts that a merge has left, and resolve them'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "merge-driver" -d 'Merge for git and jj'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "queue" -d 'Save memories at once, and deliver them when the server can take them'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "hook" -d 'Guard what agents edit with their own tools, as a hook of their client'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "mcp" -d 'Serve files, locks and memories to an agent, by the Model Context Protocol'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "scripts" -d 'Stand in for the old bash scripts'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "completions" -d 'Print a shell\'s completions, or write all of them'
complete -c aimem -n "__fish_aimem_needs_command" -f -a "man" -d 'Print the manual page of a verb, or write all of them'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and not __fish_seen_subcommand_from with acquire release renew status wait break take" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand lock; and not __fish_seen_subcommand_from with acquire release renew status wait break take" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and not __fish_seen_subcommand_from with acquire release renew status wait break take" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and not __fish_seen_subcommand_from with acquire release renew status wait break take" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and not __fish_seen_subcommand_from with acquire release renew status wait break take" -f -a "with" -d 'Run a command while holding the lock of one or several files'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and not __fish_seen_subcommand_from with acquire release renew status wait break take" -f -a "acquire" -d 'Take a lock that outlives this command, and print its id'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and not __fish_seen_subcommand_from with acquire release renew status wait break take" -f -a "release" -d 'Give back the lock with this id'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and not __fish_seen_subcommand_from with acquire release renew status wait break take" -f -a "renew" -d 'Let a lease run for longer, counted from now'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and not __fish_seen_subcommand_from with acquire release renew status wait break take" -f -a "status" -d 'Say who holds the lock of a file'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and not __fish_seen_subcommand_from with acquire release renew status wait break take" -f -a "wait" -d 'Wait until the lock of a file is free, without taking it'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and not __fish_seen_subcommand_from with acquire release renew status wait break take" -f -a "break" -d 'Take the lock of a file away from whoever holds it'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and not __fish_seen_subcommand_from with acquire release renew status wait break take" -f -a "take" -d 'Take the lock of a file away from whoever holds it, and have it'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from with" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from with" -l ttl -d 'End the command after this long: TERM, and KILL after --kill-after' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from with" -l kill-after -d 'How long after TERM to send KILL' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from with" -l on-reclaimed -d 'Run this shell command first when the lock was taken over from a dead holder' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from with" -l client -d 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from with" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from with" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from with" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from with" -l close -d 'Do not let the command inherit the lock: it is free as soon as aimem is gone'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from with" -l json -d 'Tell what was done as one JSON document on the last line of standard error; errors too'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from with" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from with" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from with" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from with" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from acquire" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from acquire" -l pid -d 'The process that shall own the lock [default: the shell that runs this command]' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from acquire" -l ttl -d 'Make it a lease that ends after this long, whatever the processes do' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from acquire" -l id-file -d 'Keep the id in this file instead of printing it, for `lock release` and `renew`' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from acquire" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from acquire" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from acquire" -l lock -d 'Work under this lock, which is already held, instead of taking one' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from acquire" -l client -d 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from acquire" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from acquire" -l json -d 'Print what was done as one JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from acquire" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from acquire" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from acquire" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from acquire" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from release" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from release" -l id-file -d 'The file in which `lock acquire` has kept the id' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from release" -l client -d 'The client whose lease it is, NAME:SESSION [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from release" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from release" -l json -d 'Print what was done as one JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from release" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from renew" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from renew" -l id-file -d 'The file in which `lock acquire` has kept the id' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from renew" -l client -d 'The client whose lease it is, NAME:SESSION [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from renew" -l ttl -d 'From now on' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from renew" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from renew" -l json -d 'Print what was done as one JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from renew" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from renew" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from status" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from status" -l json -d 'One JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from wait" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from wait" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from wait" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from wait" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from wait" -l json -d 'Print what was done as one JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from wait" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from wait" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from wait" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from wait" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from break" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from break" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from break" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from break" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from take" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from take" -l ttl -d 'How long the lease lasts' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from take" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from take" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from take" -l lock -d 'Work under this lock, which is already held, instead of taking one' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from take" -l client -d 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from take" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from take" -l json -d 'Print what was done as one JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from take" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from take" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from take" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from take" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and not __fish_seen_subcommand_from show cleanup check log selftest init" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand locks; and not __fish_seen_subcommand_from show cleanup check log selftest init" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and not __fish_seen_subcommand_from show cleanup check log selftest init" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and not __fish_seen_subcommand_from show cleanup check log selftest init" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and not __fish_seen_subcommand_from show cleanup check log selftest init" -f -a "show" -d 'List every lock with its holder, its age, and whether it is alive'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and not __fish_seen_subcommand_from show cleanup check log selftest init" -f -a "cleanup" -d 'Remove stale locks, and only those'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and not __fish_seen_subcommand_from show cleanup check log selftest init" -f -a "check" -d 'For monitors: exit 1 when a lock is stale or old, or waits time out often'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and not __fish_seen_subcommand_from show cleanup check log selftest init" -f -a "log" -d 'Show what happened to locks that should not happen often'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and not __fish_seen_subcommand_from show cleanup check log selftest init" -f -a "selftest" -d 'Race the lock on this very file system'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and not __fish_seen_subcommand_from show cleanup check log selftest init" -f -a "init" -d 'Make a lock folder for all who share DIR'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from show" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from show" -l older-than -d 'Only locks that are older' -r
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from show" -l watch -d 'Show them again every second, or every DUR, until Ctrl-C; with --json one document a line' -r
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from show" -l json -d 'One JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from cleanup" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from cleanup" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from cleanup" -l dry-run -d 'Only say what would be removed'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from cleanup" -l json -d 'One JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from cleanup" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from cleanup" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from check" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from check" -l max-age -d 'A lock that is older is reported' -r
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from check" -l max-timeouts -d 'More waits than this that timed out in the last hour are reported' -r
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from check" -l json -d 'One JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from log" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from log" -l since -d 'Only what happened within this time before now' -r
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from log" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from log" -l summary -d 'Count by file and client, with the median and the 99th percentile of the long waits'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from log" -l json -d 'One JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from log" -s F -l follow -d 'Go on with what happens from now on, as it happens, with --json one document a line; Ctrl-C ends it'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from log" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from log" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from selftest" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from selftest" -l contenders -d 'How many processes at once; several numbers are several races' -r
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from selftest" -l takeovers -d 'End a race after so many locks were taken over from dead holders' -r
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from selftest" -l time -d 'End a race after this long in any case' -r
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from selftest" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from selftest" -l compare -d 'Race the old scripts\' rule too (kill -0, remove, mkdir), for comparison'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from selftest" -l json -d 'One JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from selftest" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from selftest" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from init" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from init" -l group -d 'Whose members may use it: a name or a number; without it, everyone may' -r
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand locks; and __fish_seen_subcommand_from init" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand read" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand read" -l format -d 'The file\'s format [default: what its name says, else JSON]' -r -f -a "json\t'JSON'
jsonc\t'JSON with comments and trailing commas'
toml\t'TOML'"
complete -c aimem -n "__fish_aimem_using_subcommand read" -s f -l from-file -d 'Read the filter from a file' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand read" -l arg -d 'Set $NAME to the text VALUE' -r
complete -c aimem -n "__fish_aimem_using_subcommand read" -l argjson -d 'Set $NAME to the JSON value TEXT' -r
complete -c aimem -n "__fish_aimem_using_subcommand read" -l slurpfile -d 'Set $NAME to an array of the JSON documents in PATH' -r
complete -c aimem -n "__fish_aimem_using_subcommand read" -l rawfile -d 'Set $NAME to the text in PATH' -r
complete -c aimem -n "__fish_aimem_using_subcommand read" -l indent -d 'Indent by N spaces' -r
complete -c aimem -n "__fish_aimem_using_subcommand read" -l duplicate-keys -d 'With two equal keys in an object let the last one count [default: an update refuses the file, a read warns]' -r -f -a "last\t'The last one, as in most programs; an update drops the others'"
complete -c aimem -n "__fish_aimem_using_subcommand read" -l max-time -d 'Give up when the filter runs for longer' -r
complete -c aimem -n "__fish_aimem_using_subcommand read" -l default -d 'Print this JSON when there is no such file' -r
complete -c aimem -n "__fish_aimem_using_subcommand read" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand read" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand read" -l lock -d 'Work under this lock, which is already held, instead of taking one' -r
complete -c aimem -n "__fish_aimem_using_subcommand read" -l client -d 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand read" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand read" -l args -d 'The words that follow are texts in $ARGS.positional'
complete -c aimem -n "__fish_aimem_using_subcommand read" -l jsonargs -d 'The words that follow are JSON values in $ARGS.positional'
complete -c aimem -n "__fish_aimem_using_subcommand read" -s S -l sort-keys -d 'Sort the keys of every object'
complete -c aimem -n "__fish_aimem_using_subcommand read" -l tab -d 'Indent by tabs'
complete -c aimem -n "__fish_aimem_using_subcommand read" -s c -l compact-output -d 'Everything on one line'
complete -c aimem -n "__fish_aimem_using_subcommand read" -s e -l exit-status -d 'Exit with 1 when the last result is null or false'
complete -c aimem -n "__fish_aimem_using_subcommand read" -l pretty -d 'Indent JSON [default for .json files and for the results of a filter]'
complete -c aimem -n "__fish_aimem_using_subcommand read" -s r -l raw -d 'Without a filter, the exact bytes of the file; with one, strings without quotes'
complete -c aimem -n "__fish_aimem_using_subcommand read" -s j -l join-output -d 'The same, without a line end after each result'
complete -c aimem -n "__fish_aimem_using_subcommand read" -s C -l color-output -d 'Colours, as --color always'
complete -c aimem -n "__fish_aimem_using_subcommand read" -s s -l slurp -d 'Run the filter on the array of all documents in the file, and not on each one'
complete -c aimem -n "__fish_aimem_using_subcommand read" -l etag -d 'Print only the content\'s tag, for `write --if-match`'
complete -c aimem -n "__fish_aimem_using_subcommand read" -l json -d 'Print one JSON document: the path, the tag, and the document or the content, of one moment'
complete -c aimem -n "__fish_aimem_using_subcommand read" -l locked -d 'Take the lock: wait until nobody who takes it is in the middle of anything'
complete -c aimem -n "__fish_aimem_using_subcommand read" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand read" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand read" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand read" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand update" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand update" -l format -d 'The file\'s format [default: what its name says, else JSON]' -r -f -a "json\t'JSON'
jsonc\t'JSON with comments and trailing commas'
toml\t'TOML'"
complete -c aimem -n "__fish_aimem_using_subcommand update" -s f -l from-file -d 'Read the filter from a file' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand update" -l arg -d 'Set $NAME to the text VALUE' -r
complete -c aimem -n "__fish_aimem_using_subcommand update" -l argjson -d 'Set $NAME to the JSON value TEXT' -r
complete -c aimem -n "__fish_aimem_using_subcommand update" -l slurpfile -d 'Set $NAME to an array of the JSON documents in PATH' -r
complete -c aimem -n "__fish_aimem_using_subcommand update" -l rawfile -d 'Set $NAME to the text in PATH' -r
complete -c aimem -n "__fish_aimem_using_subcommand update" -l indent -d 'Indent by N spaces' -r
complete -c aimem -n "__fish_aimem_using_subcommand update" -l duplicate-keys -d 'With two equal keys in an object let the last one count [default: an update refuses the file, a read warns]' -r -f -a "last\t'The last one, as in most programs; an update drops the others'"
complete -c aimem -n "__fish_aimem_using_subcommand update" -l max-time -d 'Give up when the filter runs for longer' -r
complete -c aimem -n "__fish_aimem_using_subcommand update" -l create -d 'Start from this document when there is no such file, by default from an empty one; missing folders above it are made' -r
complete -c aimem -n "__fish_aimem_using_subcommand update" -l return -d 'Print the results of this filter on the new document' -r
complete -c aimem -n "__fish_aimem_using_subcommand update" -l if-match -d 'Change the file only if its tag, from `read --etag`, is still this one; none: if there is no file' -r
complete -c aimem -n "__fish_aimem_using_subcommand update" -l schema -d 'Refuse what breaks this JSON Schema; auto: the one that the document names under $schema, if that is a file here [default: $AIMEM_SCHEMA]' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand update" -l backup -d 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]' -r
complete -c aimem -n "__fish_aimem_using_subcommand update" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand update" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand update" -l lock -d 'Work under this lock, which is already held, instead of taking one' -r
complete -c aimem -n "__fish_aimem_using_subcommand update" -l client -d 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand update" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand update" -l args -d 'The words that follow are texts in $ARGS.positional'
complete -c aimem -n "__fish_aimem_using_subcommand update" -l jsonargs -d 'The words that follow are JSON values in $ARGS.positional'
complete -c aimem -n "__fish_aimem_using_subcommand update" -s S -l sort-keys -d 'Sort the keys of every object'
complete -c aimem -n "__fish_aimem_using_subcommand update" -l tab -d 'Indent by tabs'
complete -c aimem -n "__fish_aimem_using_subcommand update" -s c -l compact-output -d 'Everything on one line'
complete -c aimem -n "__fish_aimem_using_subcommand update" -s e -l exit-status -d 'Exit with 1 when the last result is null or false'
complete -c aimem -n "__fish_aimem_using_subcommand update" -l pipe -d 'Pass the document through a command\'s standard input and output'
complete -c aimem -n "__fish_aimem_using_subcommand update" -l text -d 'With --pipe: the file may be any text, and not only JSON'
complete -c aimem -n "__fish_aimem_using_subcommand update" -l dry-run -d 'Print what would change as a diff, and change nothing'
complete -c aimem -n "__fish_aimem_using_subcommand update" -l print -d 'Print the new document'
complete -c aimem -n "__fish_aimem_using_subcommand update" -l json -d 'Print what was done as one JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand update" -l any-kind -d 'Let the document become one of another kind, such as a number where an object was'
complete -c aimem -n "__fish_aimem_using_subcommand update" -l no-sync -d 'Do not sync the folder: quicker, and a power cut may bring the old file back'
complete -c aimem -n "__fish_aimem_using_subcommand update" -l in-place -d 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it'
complete -c aimem -n "__fish_aimem_using_subcommand update" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand update" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand update" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand write" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand write" -l content -d 'Write this instead of standard input' -r
complete -c aimem -n "__fish_aimem_using_subcommand write" -l format -d 'The file\'s format [default: what its name says, else JSON]' -r -f -a "json\t'JSON'
jsonc\t'JSON with comments and trailing commas'
toml\t'TOML'"
complete -c aimem -n "__fish_aimem_using_subcommand write" -l schema -d 'Refuse what breaks this JSON Schema; auto: the one that the document names under $schema, if that is a file here [default: $AIMEM_SCHEMA]' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand write" -l if-match -d 'Write only if the file\'s tag, from `read --etag`, is still this one; none: if there is no file' -r
complete -c aimem -n "__fish_aimem_using_subcommand write" -l backup -d 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]' -r
complete -c aimem -n "__fish_aimem_using_subcommand write" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand write" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand write" -l lock -d 'Work under this lock, which is already held, instead of taking one' -r
complete -c aimem -n "__fish_aimem_using_subcommand write" -l client -d 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand write" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand write" -l validate -d 'Refuse what is not one document in the file\'s format [always for .json, .jsonc and .toml]'
complete -c aimem -n "__fish_aimem_using_subcommand write" -l no-lock -d 'Do not take the lock: what another writes at the same time may be overwritten unseen'
complete -c aimem -n "__fish_aimem_using_subcommand write" -l json -d 'Print what was done as one JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand write" -l no-sync -d 'Do not sync the folder: quicker, and a power cut may bring the old file back'
complete -c aimem -n "__fish_aimem_using_subcommand write" -l in-place -d 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it'
complete -c aimem -n "__fish_aimem_using_subcommand write" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand write" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand write" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand write" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l old -d 'The text to replace, which must occur exactly once' -r
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l new -d 'What takes its place; may be empty' -r
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l old-file -d 'Read the text to replace from a file, or from standard input (-)' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l new-file -d 'Read what takes its place from a file, or from standard input (-)' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l script -d 'Make several edits, all or none: lines of JSON in a file or on standard input (-), each an object with old, new and perhaps all' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l if-match -d 'Edit only if the file\'s tag, from `read --etag`, is still this one' -r
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l backup -d 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]' -r
complete -c aimem -n "__fish_aimem_using_subcommand edit" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand edit" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l lock -d 'Work under this lock, which is already held, instead of taking one' -r
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l client -d 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand edit" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l all -d 'Replace it wherever it occurs, and say how often that was'
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l dry-run -d 'Print what would change as a diff, and change nothing'
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l json -d 'Say what was done as one JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l no-sync -d 'Do not sync the folder: quicker, and a power cut may bring the old file back'
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l in-place -d 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it'
complete -c aimem -n "__fish_aimem_using_subcommand edit" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand edit" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand edit" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand edit" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l under -d 'At the end of the section below this Markdown heading' -r
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l after -d 'After the line that this text is on, which must occur exactly once' -r
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l before -d 'Before the line that this text is on' -r
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l line -d 'As line N; 1 is the first' -r
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l if-match -d 'Insert only if the file\'s tag, from `read --etag`, is still this one' -r
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l backup -d 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]' -r
complete -c aimem -n "__fish_aimem_using_subcommand insert" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand insert" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l lock -d 'Work under this lock, which is already held, instead of taking one' -r
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l client -d 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand insert" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l end -d 'At the end of the file'
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l dry-run -d 'Print what would change as a diff, and change nothing'
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l json -d 'Say what was done as one JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l no-sync -d 'Do not sync the folder: quicker, and a power cut may bring the old file back'
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l in-place -d 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it'
complete -c aimem -n "__fish_aimem_using_subcommand insert" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand insert" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand insert" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand insert" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand append" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand append" -l max-size -d 'Let no file grow beyond this: set it aside as FILE.1, FILE.2, … at a line\'s end' -r
complete -c aimem -n "__fish_aimem_using_subcommand append" -l keep -d 'With --max-size: keep so many of those that are set aside' -r
complete -c aimem -n "__fish_aimem_using_subcommand append" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand append" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand append" -l lock -d 'Work under this lock, which is already held, instead of taking one' -r
complete -c aimem -n "__fish_aimem_using_subcommand append" -l client -d 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand append" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand append" -l no-sync -d 'Do not sync the folder: quicker, and a power cut may take a new file away'
complete -c aimem -n "__fish_aimem_using_subcommand append" -l json -d 'Say what was done as one JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand append" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand append" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand append" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand append" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand restore" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand restore" -l from -d 'Which version: a backup\'s number, 0 being the latest, or one that `history` shows, as @{-1} [default: the latest backup, or else @{-1}]' -r
complete -c aimem -n "__fish_aimem_using_subcommand restore" -l backup -d 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]' -r
complete -c aimem -n "__fish_aimem_using_subcommand restore" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand restore" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand restore" -l lock -d 'Work under this lock, which is already held, instead of taking one' -r
complete -c aimem -n "__fish_aimem_using_subcommand restore" -l client -d 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand restore" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand restore" -l list -d 'Show the backups that are kept'
complete -c aimem -n "__fish_aimem_using_subcommand restore" -l json -d 'Print what was done, or the list, as one JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand restore" -l force -d 'Put back what is broken, or was altered since it was kept'
complete -c aimem -n "__fish_aimem_using_subcommand restore" -l dry-run -d 'Print what would change as a diff, and change nothing'
complete -c aimem -n "__fish_aimem_using_subcommand restore" -l no-sync -d 'Do not sync the folder: quicker, and a power cut may bring the old file back'
complete -c aimem -n "__fish_aimem_using_subcommand restore" -l in-place -d 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it'
complete -c aimem -n "__fish_aimem_using_subcommand restore" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand restore" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand restore" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand restore" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand undo" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand undo" -l client -d 'Only the last change of the client of this name' -r
complete -c aimem -n "__fish_aimem_using_subcommand undo" -l backup -d 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]' -r
complete -c aimem -n "__fish_aimem_using_subcommand undo" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand undo" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand undo" -l lock -d 'Work under this lock, which is already held, instead of taking one' -r
complete -c aimem -n "__fish_aimem_using_subcommand undo" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand undo" -l force -d 'Put back what is broken, or was altered since it was kept'
complete -c aimem -n "__fish_aimem_using_subcommand undo" -l dry-run -d 'Print what would change as a diff, and change nothing'
complete -c aimem -n "__fish_aimem_using_subcommand undo" -l json -d 'Print what was done as one JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand undo" -l no-sync -d 'Do not sync the folder: quicker, and a power cut may bring the old file back'
complete -c aimem -n "__fish_aimem_using_subcommand undo" -l in-place -d 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it'
complete -c aimem -n "__fish_aimem_using_subcommand undo" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand undo" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand undo" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand undo" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand history; and not __fish_seen_subcommand_from show diff forget prune" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand history; and not __fish_seen_subcommand_from show diff forget prune" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand history; and not __fish_seen_subcommand_from show diff forget prune" -l json -d 'One JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand history; and not __fish_seen_subcommand_from show diff forget prune" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand history; and not __fish_seen_subcommand_from show diff forget prune" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand history; and not __fish_seen_subcommand_from show diff forget prune" -a "show" -d 'Print a version, byte for byte'
complete -c aimem -n "__fish_aimem_using_subcommand history; and not __fish_seen_subcommand_from show diff forget prune" -a "diff" -d 'Print what differs between two versions'
complete -c aimem -n "__fish_aimem_using_subcommand history; and not __fish_seen_subcommand_from show diff forget prune" -a "forget" -d 'Remove all that is known of a file\'s past'
complete -c aimem -n "__fish_aimem_using_subcommand history; and not __fish_seen_subcommand_from show diff forget prune" -a "prune" -d 'Remove versions beyond what is to be kept, of all files'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from show" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from show" -l force -d 'Print it even if it was altered since it was kept'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from diff" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from diff" -l force -d 'Take versions even if they were altered since they were kept'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from diff" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from forget" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from forget" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from forget" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from forget" -l json -d 'One JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from forget" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from forget" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from forget" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from forget" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from forget" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from prune" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from prune" -l json -d 'One JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand history; and __fish_seen_subcommand_from prune" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand init" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand init" -l folder -d 'The folder of all memories [default: memory in $AICONFIG_PATH, or in ~/aiconfig]' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand init" -l client -d 'Call yourself NAME in what others see of the locks [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand init" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand init" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand init" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand init" -l json -d 'Print what was made as one JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand init" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand init" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand init" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand init" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand check" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand check" -l schema -d 'Refuse what breaks this JSON Schema; auto: the one that the document names under $schema, if that is a file here [default: $AIMEM_SCHEMA]' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand check" -l max-age -d 'A lock that is older is told' -r
complete -c aimem -n "__fish_aimem_using_subcommand check" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand check" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand check" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand check" -l fix -d 'Mend what is safe to mend: leftovers of dead writers, and stale locks'
complete -c aimem -n "__fish_aimem_using_subcommand check" -l json -d 'One JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand check" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand check" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand check" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand check" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand compare" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand compare" -l format -d 'The file\'s format [default: what its name says, else JSON]' -r -f -a "json\t'JSON'
jsonc\t'JSON with comments and trailing commas'
toml\t'TOML'"
complete -c aimem -n "__fish_aimem_using_subcommand compare" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand compare" -l json -d 'One JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand compare" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l sync-conflicts -d 'Merge the copies that Syncthing, Dropbox and iCloud have left in DIR and below into their files; each is kept in the history of its file, then removed' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l base -d 'The version that both come from [default: the newest common one in the history]' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand merge" -s o -l output -d 'Write the merged document to this file, instead of standard output' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l id-key -d 'What names the elements of an array; may be given several times [default: id, key, name]' -r
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l format -d 'The file\'s format [default: what its name says, else JSON]' -r -f -a "json\t'JSON'
jsonc\t'JSON with comments and trailing commas'
toml\t'TOML'"
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l if-match -d 'Merge only if the tag of OURS, from `read --etag`, is still this one' -r
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l backup -d 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]' -r
complete -c aimem -n "__fish_aimem_using_subcommand merge" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand merge" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l lock -d 'Work under this lock, which is already held, instead of taking one' -r
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l client -d 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand merge" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l write -d 'Write it to OURS, under its lock'
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l dry-run -d 'Print what would change in OURS as a diff, and change nothing'
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l json -d 'Print what was done as one JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l no-sync -d 'Do not sync the folder: quicker, and a power cut may bring the old file back'
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l in-place -d 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it'
complete -c aimem -n "__fish_aimem_using_subcommand merge" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand merge" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand merge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand merge" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and not __fish_seen_subcommand_from list show resolve" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and not __fish_seen_subcommand_from list show resolve" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and not __fish_seen_subcommand_from list show resolve" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and not __fish_seen_subcommand_from list show resolve" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and not __fish_seen_subcommand_from list show resolve" -f -a "list" -d 'List the conflicts of a document; exit 1 if there are any'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and not __fish_seen_subcommand_from list show resolve" -f -a "show" -d 'Show the values of all sides'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and not __fish_seen_subcommand_from list show resolve" -f -a "resolve" -d 'Choose what the document shall hold'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from list" -l format -d 'The file\'s format [default: what its name says, else JSON]' -r -f -a "json\t'JSON'
jsonc\t'JSON with comments and trailing commas'
toml\t'TOML'"
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from list" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from list" -l json -d 'One JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from show" -l format -d 'The file\'s format [default: what its name says, else JSON]' -r -f -a "json\t'JSON'
jsonc\t'JSON with comments and trailing commas'
toml\t'TOML'"
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from show" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l value -d 'Take this value' -r
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l format -d 'The file\'s format [default: what its name says, else JSON]' -r -f -a "json\t'JSON'
jsonc\t'JSON with comments and trailing commas'
toml\t'TOML'"
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l if-match -d 'Resolve only if the file\'s tag, from `read --etag`, is still this one' -r
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l backup -d 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]' -r
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l lock -d 'Work under this lock, which is already held, instead of taking one' -r
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l client -d 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l all -d 'Resolve all of them in this way'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l ours -d 'Keep what the document holds'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l theirs -d 'Take their value; what they have removed is removed'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l dry-run -d 'Print what would change as a diff, and change nothing'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l json -d 'Print what was done as one JSON document; errors too, on standard error'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l no-sync -d 'Do not sync the folder: quicker, and a power cut may bring the old file back'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l in-place -d 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand conflicts; and __fish_seen_subcommand_from resolve" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand merge-driver; and not __fish_seen_subcommand_from install" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand merge-driver; and not __fish_seen_subcommand_from install" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand merge-driver; and not __fish_seen_subcommand_from install" -l jj -d 'The files are OUTPUT BASE LEFT RIGHT, as jj names them'
complete -c aimem -n "__fish_aimem_using_subcommand merge-driver; and not __fish_seen_subcommand_from install" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand merge-driver; and not __fish_seen_subcommand_from install" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand merge-driver; and not __fish_seen_subcommand_from install" -a "install" -d 'Tell git of the driver, and print the lines for .gitattributes'
complete -c aimem -n "__fish_aimem_using_subcommand merge-driver; and __fish_seen_subcommand_from install" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand merge-driver; and __fish_seen_subcommand_from install" -l global -d 'For all repositories of this user'
complete -c aimem -n "__fish_aimem_using_subcommand merge-driver; and __fish_seen_subcommand_from install" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand merge-driver; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand merge-driver; and __fish_seen_subcommand_from install" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -f -a "add" -d 'Save a memory; it is on disk when this returns'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -f -a "list" -d 'List what is on its way'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -f -a "show" -d 'Show one entry whole'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -f -a "status" -d 'Numbers, and for monitors a level: exit 1 at warning, 2 at critical'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -f -a "work" -d 'Deliver what is due'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -f -a "retry" -d 'Let entries be tried again by the next run, dead ones included'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -f -a "cancel" -d 'Take entries back before they are delivered'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -f -a "dead" -d 'List what was given up on, and why'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -f -a "health" -d 'Ask the server now: exit 0 when it is up, 1 when it is down'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -f -a "import" -d 'Take over the entries of the old Python programs'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and not __fish_seen_subcommand_from add list show status work retry cancel dead health import export" -f -a "export" -d 'Print the outbox in the old programs\' form'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from add" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from add" -s p -l project -d 'Whose memory it is' -r
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from add" -l meta -d 'Something else to keep with it' -r
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from add" -l max-entries -d 'Refuse when more entries than this would be waiting or dead' -r
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from add" -l max-bytes -d 'Refuse when these would have more bytes than this together' -r
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from add" -l lines -d 'One memory a line of standard input; blank lines are passed over'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from add" -l json -d 'One JSON document with all the ids, at the end'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from list" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from list" -l state -d 'Only entries in this state; may be given several times [default: all but delivered]' -r -f -a "pending\t'Waiting'
in-flight\t'Claimed by a worker'
dead\t'Given up on'
delivered\t'Delivered; the last 100'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from list" -s p -l project -d 'Only this project\'s' -r
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from list" -l limit -d 'Only the oldest N' -r
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from list" -l json -d 'One JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from show" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from show" -l content -d 'Only the content, as it was given'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from show" -l json -d 'One JSON document, which is the default'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from status" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from status" -l json -d 'One JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from status" -l prometheus -d 'Prometheus\' text format, for a textfile collector'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from work" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from work" -l interval -d 'The time between two runs' -r
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from work" -l concurrency -d 'Uploads at a time' -r
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from work" -l tries -d 'Tries of an entry in one run before it is given up on' -r
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from work" -l log-format -d 'How the log\'s lines look' -r -f -a "text\t'Time, event, then key=value'
json\t'One JSON object a line'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from work" -l print-service -d 'Do not work, but print what makes it work by itself' -r -f -a "cron\t'A line for `crontab -e`'
hook\t'A session-end hook for Claude Code\'s settings.json'
systemd\t'A unit for ~/.config/systemd/user'
launchd\t'A property list for ~/Library/LaunchAgents'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from work" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from work" -l watch -d 'Go on: one run each interval, until a signal comes'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from work" -l no-revive -d 'Leave the dead alone'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from work" -l json -d 'One JSON document about the run'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from work" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from work" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from retry" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from retry" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from retry" -l all -d 'All that waits: the dead, those that the server refused included, and the parked'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from retry" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from cancel" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from cancel" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from cancel" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from cancel" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from dead" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from dead" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from dead" -l json -d 'One JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from dead" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from dead" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from health" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from health" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from health" -l json -d 'One JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from health" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from health" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from import" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from import" -l json -d 'One JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from import" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from export" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand queue; and __fish_seen_subcommand_from export" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and not __fish_seen_subcommand_from run install uninstall status" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand hook; and not __fish_seen_subcommand_from run install uninstall status" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and not __fish_seen_subcommand_from run install uninstall status" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and not __fish_seen_subcommand_from run install uninstall status" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and not __fish_seen_subcommand_from run install uninstall status" -f -a "run" -d 'Read one event of a client on standard input, and answer it'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and not __fish_seen_subcommand_from run install uninstall status" -f -a "install" -d 'Put the hooks into the settings of an agent\'s client'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and not __fish_seen_subcommand_from run install uninstall status" -f -a "uninstall" -d 'Take the hooks out of the settings of an agent\'s client'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and not __fish_seen_subcommand_from run install uninstall status" -f -a "status" -d 'Say where hooks are installed, and try them'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from run" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from run" -l client -d 'The client' -r -f -a "claude-code\t'Claude Code'
codex\t'Codex'
gemini\t'Gemini'"
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from run" -l strict -d 'Deny an edit that cannot be protected'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from run" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from install" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from install" -l client -d 'The client' -r -f -a "claude-code\t'Claude Code'
codex\t'Codex'
gemini\t'Gemini'"
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from install" -l scope -d 'Whose settings: yours, or those of the project in the working folder' -r -f -a "user\t'Your own, for everything that you do'
project\t'Those of the project in the working folder'"
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from install" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from install" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from install" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from install" -l dry-run -d 'Show what would change as a diff, and change nothing'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from install" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from install" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from install" -l print -d 'Print the hooks and the file that they belong into, and change nothing'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from install" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from uninstall" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from uninstall" -l client -d 'The client' -r -f -a "claude-code\t'Claude Code'
codex\t'Codex'
gemini\t'Gemini'"
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from uninstall" -l scope -d 'Whose settings: yours, or those of the project in the working folder' -r -f -a "user\t'Your own, for everything that you do'
project\t'Those of the project in the working folder'"
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from uninstall" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from uninstall" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from uninstall" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from uninstall" -l dry-run -d 'Show what would change as a diff, and change nothing'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from uninstall" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from uninstall" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from uninstall" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from uninstall" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from status" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from status" -l client -d 'This client only' -r -f -a "claude-code\t'Claude Code'
codex\t'Codex'
gemini\t'Gemini'"
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from status" -l json -d 'Print one JSON document'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand hook; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and not __fish_seen_subcommand_from install uninstall" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and not __fish_seen_subcommand_from install uninstall" -l root -d 'Serve the files in this folder; may be repeated [default: $AICONFIG_PATH, or ~/aiconfig]' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and not __fish_seen_subcommand_from install uninstall" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and not __fish_seen_subcommand_from install uninstall" -l read-only -d 'Serve files for reading only'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and not __fish_seen_subcommand_from install uninstall" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and not __fish_seen_subcommand_from install uninstall" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and not __fish_seen_subcommand_from install uninstall" -f -a "install" -d 'Put the server into the settings of an agent\'s client'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and not __fish_seen_subcommand_from install uninstall" -f -a "uninstall" -d 'Take the server out of the settings of an agent\'s client'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from install" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from install" -l client -d 'The client' -r -f -a "claude-code\t'Claude Code'
cursor\t'Cursor'
vscode\t'VS Code'
codex\t'Codex'
zed\t'Zed'
gemini\t'Gemini'"
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from install" -l scope -d 'Whose settings: yours, or those of the project in the working folder' -r -f -a "user\t'Your own, for everything that you do'
project\t'Those of the project in the working folder'"
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from install" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from install" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from install" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from install" -l dry-run -d 'Show what would change as a diff, and change nothing'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from install" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from install" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from install" -l print -d 'Print the entry and the file that it belongs into, and change nothing'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from install" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from uninstall" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from uninstall" -l client -d 'The client' -r -f -a "claude-code\t'Claude Code'
cursor\t'Cursor'
vscode\t'VS Code'
codex\t'Codex'
zed\t'Zed'
gemini\t'Gemini'"
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from uninstall" -l scope -d 'Whose settings: yours, or those of the project in the working folder' -r -f -a "user\t'Your own, for everything that you do'
project\t'Those of the project in the working folder'"
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from uninstall" -s w -l timeout -d 'Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]' -r
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from uninstall" -s E -l conflict-exit-code -d 'The exit code when the lock was not free in time [default: 75]' -r
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from uninstall" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from uninstall" -l dry-run -d 'Show what would change as a diff, and change nothing'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from uninstall" -s n -l nonblock -d 'Do not wait: the same as --timeout 0'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from uninstall" -l no-deadlock-check -d 'Keep waiting even if others wait for what this process holds'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from uninstall" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aimem -n "__fish_aimem_using_subcommand mcp; and __fish_seen_subcommand_from uninstall" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand scripts; and not __fish_seen_subcommand_from install" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand scripts; and not __fish_seen_subcommand_from install" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand scripts; and not __fish_seen_subcommand_from install" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand scripts; and not __fish_seen_subcommand_from install" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand scripts; and not __fish_seen_subcommand_from install" -f -a "install" -d 'Put file-lock.sh, memory-read.sh, memory-update.sh and atomic-write.sh into a folder'
complete -c aimem -n "__fish_aimem_using_subcommand scripts; and __fish_seen_subcommand_from install" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand scripts; and __fish_seen_subcommand_from install" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand scripts; and __fish_seen_subcommand_from install" -l link -d 'Make symbolic links to aimem instead of wrappers: quicker by one shell'
complete -c aimem -n "__fish_aimem_using_subcommand scripts; and __fish_seen_subcommand_from install" -l force -d 'Replace what is there, the old scripts included'
complete -c aimem -n "__fish_aimem_using_subcommand scripts; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand scripts; and __fish_seen_subcommand_from install" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand completions" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand completions" -l out -d 'Write the completions of every shell into this folder' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand completions" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand completions" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand completions" -s V -l version -d 'Print version'
complete -c aimem -n "__fish_aimem_using_subcommand man" -l color -d 'Colours: on a terminal, unless NO_COLOR is set; always; never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c aimem -n "__fish_aimem_using_subcommand man" -l out -d 'Write a page for every verb into this folder' -r -F
complete -c aimem -n "__fish_aimem_using_subcommand man" -s q -l quiet -d 'Say nothing but errors on standard error; with -E 0 a busy lock is none'
complete -c aimem -n "__fish_aimem_using_subcommand man" -s h -l help -d 'Print help'
complete -c aimem -n "__fish_aimem_using_subcommand man" -s V -l version -d 'Print version'

# Ids come from the live state: locks that can be released, memories in the outbox.
function __fish_aimem_lock_ids
    command aimem locks show --ids 2>/dev/null
end
function __fish_aimem_queue_ids
    command aimem queue list 2>/dev/null | string replace -rf '^([0-9A-Z]{26})\s+(.*)' '$1\t$2'
end
complete -c aimem -n "__fish_aimem_using_subcommand lock; and __fish_seen_subcommand_from release renew" -f -a "(__fish_aimem_lock_ids)"
complete -c aimem -n "__fish_seen_subcommand_from read update write restore acquire" -l lock -x -a "(__fish_aimem_lock_ids)"
complete -c aimem -n "__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from show retry cancel" -f -a "(__fish_aimem_queue_ids)"
complete -c aimem -n "__fish_seen_subcommand_from man help; and test (commandline -opc)[-1] = man" -f -a "lock locks read update write edit insert append restore undo history init check compare merge conflicts merge-driver queue hook mcp scripts completions man"
complete -c aimem -n "__fish_seen_subcommand_from man help; and test (commandline -opc)[-1] = help" -f -a "lock locks read update write edit insert append restore undo history init check compare merge conflicts merge-driver queue hook mcp scripts completions man"
complete -c aimem -n "__fish_seen_subcommand_from man help; and test (commandline -opc)[-1] = lock" -f -a "with acquire release renew status wait break take"
complete -c aimem -n "__fish_seen_subcommand_from man help; and test (commandline -opc)[-1] = locks" -f -a "show cleanup check log selftest init"
complete -c aimem -n "__fish_seen_subcommand_from man help; and test (commandline -opc)[-1] = history" -f -a "show diff forget prune"
complete -c aimem -n "__fish_seen_subcommand_from man help; and test (commandline -opc)[-1] = conflicts" -f -a "list show resolve"
complete -c aimem -n "__fish_seen_subcommand_from man help; and test (commandline -opc)[-1] = merge-driver" -f -a "install"
complete -c aimem -n "__fish_seen_subcommand_from man help; and test (commandline -opc)[-1] = queue" -f -a "add list show status work retry cancel dead health import export"
complete -c aimem -n "__fish_seen_subcommand_from man help; and test (commandline -opc)[-1] = hook" -f -a "run install uninstall status"
complete -c aimem -n "__fish_seen_subcommand_from man help; and test (commandline -opc)[-1] = mcp" -f -a "install uninstall"
complete -c aimem -n "__fish_seen_subcommand_from man help; and test (commandline -opc)[-1] = scripts" -f -a "install"
