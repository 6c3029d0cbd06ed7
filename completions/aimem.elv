
use builtin;
use str;

set edit:completion:arg-completer[aimem] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'aimem'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'aimem'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand lock 'Act on one lock: run a command under it, take it, release it'
            cand locks 'Look at all locks, and remove stale ones'
            cand read 'Print a file, or what a filter makes of it'
            cand update 'Change a JSON document with a jq filter or a command'
            cand write 'Replace a file by what stands on standard input'
            cand restore 'Put an earlier version of a file back'
            cand queue 'Save memories at once, and deliver them when the server can take them'
            cand mcp 'Serve files, locks and memories to an agent, by the Model Context Protocol'
            cand scripts 'Stand in for the old bash scripts'
            cand completions 'Print a shell''s completions, or write all of them'
            cand man 'Print the manual page of a verb, or write all of them'
        }
        &'aimem;lock'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand with 'Run a command while holding the lock of one or several files'
            cand acquire 'Take a lock that outlives this command, and print its id'
            cand release 'Give back the lock with this id'
            cand renew 'Let a lease run for longer, counted from now'
            cand status 'Say who holds the lock of a file'
            cand wait 'Wait until the lock of a file is free, without taking it'
            cand break 'Take the lock of a file away from whoever holds it'
        }
        &'aimem;lock;with'= {
            cand --ttl 'End the command after this long: TERM, and KILL after --kill-after'
            cand --kill-after 'How long after TERM to send KILL'
            cand --on-reclaimed 'Run this shell command first when the lock was taken over from a dead holder'
            cand --client 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]'
            cand -w 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]'
            cand --timeout 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]'
            cand -E 'The exit code when the lock was not free in time [default: 75]'
            cand --conflict-exit-code 'The exit code when the lock was not free in time [default: 75]'
            cand --close 'Do not let the command inherit the lock: it is free as soon as aimem is gone'
            cand --json 'Tell what was done as one JSON document on the last line of standard error; errors too'
            cand -n 'Do not wait: the same as --timeout 0'
            cand --nonblock 'Do not wait: the same as --timeout 0'
            cand --no-deadlock-check 'Keep waiting even if others wait for what this process holds'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;lock;acquire'= {
            cand --pid 'The process that shall own the lock [default: the shell that runs this command]'
            cand --ttl 'Make it a lease that ends after this long, whatever the processes do'
            cand -w 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]'
            cand --timeout 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]'
            cand -E 'The exit code when the lock was not free in time [default: 75]'
            cand --conflict-exit-code 'The exit code when the lock was not free in time [default: 75]'
            cand --lock 'Work under this lock, which is already held, instead of taking one'
            cand --client 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]'
            cand --json 'Print what was done as one JSON document; errors too, on standard error'
            cand -n 'Do not wait: the same as --timeout 0'
            cand --nonblock 'Do not wait: the same as --timeout 0'
            cand --no-deadlock-check 'Keep waiting even if others wait for what this process holds'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;lock;release'= {
            cand --json 'Print what was done as one JSON document; errors too, on standard error'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;lock;renew'= {
            cand --ttl 'From now on'
            cand --json 'Print what was done as one JSON document; errors too, on standard error'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;lock;status'= {
            cand --json 'One JSON document'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;lock;wait'= {
            cand -w 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]'
            cand --timeout 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]'
            cand -E 'The exit code when the lock was not free in time [default: 75]'
            cand --conflict-exit-code 'The exit code when the lock was not free in time [default: 75]'
            cand --json 'Print what was done as one JSON document; errors too, on standard error'
            cand -n 'Do not wait: the same as --timeout 0'
            cand --nonblock 'Do not wait: the same as --timeout 0'
            cand --no-deadlock-check 'Keep waiting even if others wait for what this process holds'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;lock;break'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;locks'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand show 'List every lock with its holder, its age, and whether it is alive'
            cand cleanup 'Remove stale locks, and only those'
            cand check 'For monitors: exit 1 when a lock is stale or old, or waits time out often'
            cand log 'Show what happened to locks that should not happen often'
            cand selftest 'Race the lock on this very file system'
            cand init 'Make a lock folder for all who share DIR'
        }
        &'aimem;locks;show'= {
            cand --older-than 'Only locks that are older'
            cand --json 'One JSON document'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;locks;cleanup'= {
            cand --dry-run 'Only say what would be removed'
            cand --json 'One JSON document'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;locks;check'= {
            cand --max-age 'A lock that is older is reported'
            cand --max-timeouts 'More waits than this that timed out in the last hour are reported'
            cand --json 'One JSON document'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;locks;log'= {
            cand --since 'Only what happened within this time before now'
            cand --summary 'Count by file and client, with the median and the 99th percentile of the long waits'
            cand --json 'One JSON document'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;locks;selftest'= {
            cand --contenders 'How many processes at once; several numbers are several races'
            cand --takeovers 'End a race after so many locks were taken over from dead holders'
            cand --time 'End a race after this long in any case'
            cand --compare 'Race the old scripts'' rule too (kill -0, remove, mkdir), for comparison'
            cand --json 'One JSON document'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;locks;init'= {
            cand --group 'Whose members may use it: a name or a number; without it, everyone may'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;read'= {
            cand -f 'Read the filter from a file'
            cand --from-file 'Read the filter from a file'
            cand --arg 'Set $NAME to the text VALUE'
            cand --argjson 'Set $NAME to the JSON value TEXT'
            cand --slurpfile 'Set $NAME to an array of the JSON documents in PATH'
            cand --rawfile 'Set $NAME to the text in PATH'
            cand --indent 'Indent by N spaces'
            cand --duplicate-keys 'With two equal keys in an object let the last one count [default: an update refuses the file, a read warns]'
            cand --max-time 'Give up when the filter runs for longer'
            cand --default 'Print this JSON when there is no such file'
            cand -w 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]'
            cand --timeout 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]'
            cand -E 'The exit code when the lock was not free in time [default: 75]'
            cand --conflict-exit-code 'The exit code when the lock was not free in time [default: 75]'
            cand --lock 'Work under this lock, which is already held, instead of taking one'
            cand --client 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]'
            cand --args 'The words that follow are texts in $ARGS.positional'
            cand --jsonargs 'The words that follow are JSON values in $ARGS.positional'
            cand -S 'Sort the keys of every object'
            cand --sort-keys 'Sort the keys of every object'
            cand --tab 'Indent by tabs'
            cand -c 'Everything on one line'
            cand --compact-output 'Everything on one line'
            cand -e 'Exit with 1 when the last result is null or false'
            cand --exit-status 'Exit with 1 when the last result is null or false'
            cand --pretty 'Indent JSON [default for .json files and for the results of a filter]'
            cand -r 'Without a filter, the exact bytes of the file; with one, strings without quotes'
            cand --raw 'Without a filter, the exact bytes of the file; with one, strings without quotes'
            cand --etag 'Print only the content''s tag, for `write --if-match`'
            cand --json 'Print one JSON document: the path, the tag, and the document or the content, of one moment'
            cand --locked 'Take the lock: wait until nobody who takes it is in the middle of anything'
            cand -n 'Do not wait: the same as --timeout 0'
            cand --nonblock 'Do not wait: the same as --timeout 0'
            cand --no-deadlock-check 'Keep waiting even if others wait for what this process holds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;update'= {
            cand -f 'Read the filter from a file'
            cand --from-file 'Read the filter from a file'
            cand --arg 'Set $NAME to the text VALUE'
            cand --argjson 'Set $NAME to the JSON value TEXT'
            cand --slurpfile 'Set $NAME to an array of the JSON documents in PATH'
            cand --rawfile 'Set $NAME to the text in PATH'
            cand --indent 'Indent by N spaces'
            cand --duplicate-keys 'With two equal keys in an object let the last one count [default: an update refuses the file, a read warns]'
            cand --max-time 'Give up when the filter runs for longer'
            cand --create 'Start from this JSON when there is no such file; missing folders above it are made'
            cand --return 'Print the results of this filter on the new document'
            cand --if-match 'Change the file only if its tag, from `read --etag`, is still this one; none: if there is no file'
            cand --backup 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or 1]'
            cand -w 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]'
            cand --timeout 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]'
            cand -E 'The exit code when the lock was not free in time [default: 75]'
            cand --conflict-exit-code 'The exit code when the lock was not free in time [default: 75]'
            cand --lock 'Work under this lock, which is already held, instead of taking one'
            cand --client 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]'
            cand --args 'The words that follow are texts in $ARGS.positional'
            cand --jsonargs 'The words that follow are JSON values in $ARGS.positional'
            cand -S 'Sort the keys of every object'
            cand --sort-keys 'Sort the keys of every object'
            cand --tab 'Indent by tabs'
            cand -c 'Everything on one line'
            cand --compact-output 'Everything on one line'
            cand -e 'Exit with 1 when the last result is null or false'
            cand --exit-status 'Exit with 1 when the last result is null or false'
            cand --pipe 'Pass the document through a command''s standard input and output'
            cand --dry-run 'Print what would change as a diff, and change nothing'
            cand --print 'Print the new document'
            cand --json 'Print what was done as one JSON document; errors too, on standard error'
            cand --any-kind 'Let the document become one of another kind, such as a number where an object was'
            cand --no-sync 'Do not sync the folder: quicker, and a power cut may bring the old file back'
            cand --in-place 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it'
            cand -n 'Do not wait: the same as --timeout 0'
            cand --nonblock 'Do not wait: the same as --timeout 0'
            cand --no-deadlock-check 'Keep waiting even if others wait for what this process holds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;write'= {
            cand --content 'Write this instead of standard input'
            cand --if-match 'Write only if the file''s tag, from `read --etag`, is still this one; none: if there is no file'
            cand --backup 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or 1]'
            cand -w 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]'
            cand --timeout 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]'
            cand -E 'The exit code when the lock was not free in time [default: 75]'
            cand --conflict-exit-code 'The exit code when the lock was not free in time [default: 75]'
            cand --lock 'Work under this lock, which is already held, instead of taking one'
            cand --client 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]'
            cand --validate 'Refuse what is not one JSON document [always for .json files]'
            cand --no-lock 'Do not take the lock: what another writes at the same time may be overwritten unseen'
            cand --json 'Print what was done as one JSON document; errors too, on standard error'
            cand --no-sync 'Do not sync the folder: quicker, and a power cut may bring the old file back'
            cand --in-place 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it'
            cand -n 'Do not wait: the same as --timeout 0'
            cand --nonblock 'Do not wait: the same as --timeout 0'
            cand --no-deadlock-check 'Keep waiting even if others wait for what this process holds'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;restore'= {
            cand --from 'Which version; 0 is the latest'
            cand --backup 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or 1]'
            cand -w 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]'
            cand --timeout 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]'
            cand -E 'The exit code when the lock was not free in time [default: 75]'
            cand --conflict-exit-code 'The exit code when the lock was not free in time [default: 75]'
            cand --lock 'Work under this lock, which is already held, instead of taking one'
            cand --client 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]'
            cand --list 'Show the versions that are kept'
            cand --json 'With --list: one JSON document'
            cand --dry-run 'Print what would change as a diff, and change nothing'
            cand --no-sync 'Do not sync the folder: quicker, and a power cut may bring the old file back'
            cand --in-place 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it'
            cand -n 'Do not wait: the same as --timeout 0'
            cand --nonblock 'Do not wait: the same as --timeout 0'
            cand --no-deadlock-check 'Keep waiting even if others wait for what this process holds'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;queue'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand add 'Save a memory; it is on disk when this returns'
            cand list 'List what is on its way'
            cand show 'Show one entry whole'
            cand status 'Numbers, and for monitors a level: exit 1 at warning, 2 at critical'
            cand work 'Deliver what is due'
            cand retry 'Let entries be tried again by the next run, dead ones included'
            cand cancel 'Take entries back before they are delivered'
            cand dead 'List what was given up on, and why'
            cand health 'Ask the server now: exit 0 when it is up, 1 when it is down'
            cand import 'Take over the entries of the old Python programs'
            cand export 'Print the outbox in the old programs'' form'
        }
        &'aimem;queue;add'= {
            cand -p 'Whose memory it is'
            cand --project 'Whose memory it is'
            cand --meta 'Something else to keep with it'
            cand --max-entries 'Refuse when more entries than this would be waiting or dead'
            cand --max-bytes 'Refuse when these would have more bytes than this together'
            cand --lines 'One memory a line of standard input; blank lines are passed over'
            cand --json 'One JSON document with all the ids, at the end'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;queue;list'= {
            cand --state 'Only entries in this state; may be given several times [default: all but delivered]'
            cand -p 'Only this project''s'
            cand --project 'Only this project''s'
            cand --limit 'Only the oldest N'
            cand --json 'One JSON document'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;queue;show'= {
            cand --content 'Only the content, as it was given'
            cand --json 'One JSON document, which is the default'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;queue;status'= {
            cand --json 'One JSON document'
            cand --prometheus 'Prometheus'' text format, for a textfile collector'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;queue;work'= {
            cand --interval 'The time between two runs'
            cand --concurrency 'Uploads at a time'
            cand --tries 'Tries of an entry in one run before it is given up on'
            cand --log-format 'How the log''s lines look'
            cand --print-service 'Do not work, but print what makes it work by itself'
            cand --watch 'Go on: one run each interval, until a signal comes'
            cand --no-revive 'Leave the dead alone'
            cand --json 'One JSON document about the run'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;queue;retry'= {
            cand --all 'All that waits: the dead, those that the server refused included, and the parked'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;queue;cancel'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;queue;dead'= {
            cand --json 'One JSON document'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;queue;health'= {
            cand --json 'One JSON document'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;queue;import'= {
            cand --json 'One JSON document'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;queue;export'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;mcp'= {
            cand --root 'Serve the files in this folder; may be repeated [default: $AICONFIG_PATH, or ~/aiconfig]'
            cand --read-only 'Serve files for reading only'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;scripts'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand install 'Put file-lock.sh, memory-read.sh, memory-update.sh and atomic-write.sh into a folder'
        }
        &'aimem;scripts;install'= {
            cand --link 'Make symbolic links to aimem instead of wrappers: quicker by one shell'
            cand --force 'Replace what is there, the old scripts included'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;completions'= {
            cand --out 'Write the completions of every shell into this folder'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'aimem;man'= {
            cand --out 'Write a page for every verb into this folder'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
    ]
    $completions[$command]
}
