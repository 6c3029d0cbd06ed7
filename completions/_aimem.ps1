
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'aimem' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'aimem'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'aimem' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('lock', 'lock', [CompletionResultType]::ParameterValue, 'Act on one lock: run a command under it, take it, release it')
            [CompletionResult]::new('locks', 'locks', [CompletionResultType]::ParameterValue, 'Look at all locks, and remove stale ones')
            [CompletionResult]::new('read', 'read', [CompletionResultType]::ParameterValue, 'Print a file, or what a filter makes of it')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Change a JSON, JSONC or TOML document with a jq filter, or any file with a command')
            [CompletionResult]::new('write', 'write', [CompletionResultType]::ParameterValue, 'Replace a file by what stands on standard input')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Replace a text in any file where it occurs exactly once')
            [CompletionResult]::new('insert', 'insert', [CompletionResultType]::ParameterValue, 'Insert lines into any file, at a place that is named')
            [CompletionResult]::new('append', 'append', [CompletionResultType]::ParameterValue, 'Add lines at the end of any file')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Put an earlier version of a file back')
            [CompletionResult]::new('undo', 'undo', [CompletionResultType]::ParameterValue, 'Undo the last change of a file')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show what a file was before: when, who, by which verb, how large')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Make a project''s memory: context, sessions and decisions, with their schemas')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Look at memory files, their locks and the outbox; exit 1 if a person is needed')
            [CompletionResult]::new('compare', 'compare', [CompletionResultType]::ParameterValue, 'Say whether a version of a document is older than another, newer, or neither')
            [CompletionResult]::new('merge', 'merge', [CompletionResultType]::ParameterValue, 'Make one document of two versions of it')
            [CompletionResult]::new('conflicts', 'conflicts', [CompletionResultType]::ParameterValue, 'List the conflicts that a merge has left, and resolve them')
            [CompletionResult]::new('merge-driver', 'merge-driver', [CompletionResultType]::ParameterValue, 'Merge for git and jj')
            [CompletionResult]::new('queue', 'queue', [CompletionResultType]::ParameterValue, 'Save memories at once, and deliver them when the server can take them')
            [CompletionResult]::new('hook', 'hook', [CompletionResultType]::ParameterValue, 'Guard what agents edit with their own tools, as a hook of their client')
            [CompletionResult]::new('mcp', 'mcp', [CompletionResultType]::ParameterValue, 'Serve files, locks and memories to an agent, by the Model Context Protocol')
            [CompletionResult]::new('scripts', 'scripts', [CompletionResultType]::ParameterValue, 'Stand in for the old bash scripts')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a shell''s completions, or write all of them')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page of a verb, or write all of them')
            break
        }
        'aimem;lock' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('with', 'with', [CompletionResultType]::ParameterValue, 'Run a command while holding the lock of one or several files')
            [CompletionResult]::new('acquire', 'acquire', [CompletionResultType]::ParameterValue, 'Take a lock that outlives this command, and print its id')
            [CompletionResult]::new('release', 'release', [CompletionResultType]::ParameterValue, 'Give back the lock with this id')
            [CompletionResult]::new('renew', 'renew', [CompletionResultType]::ParameterValue, 'Let a lease run for longer, counted from now')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Say who holds the lock of a file')
            [CompletionResult]::new('wait', 'wait', [CompletionResultType]::ParameterValue, 'Wait until the lock of a file is free, without taking it')
            [CompletionResult]::new('break', 'break', [CompletionResultType]::ParameterValue, 'Take the lock of a file away from whoever holds it')
            [CompletionResult]::new('take', 'take', [CompletionResultType]::ParameterValue, 'Take the lock of a file away from whoever holds it, and have it')
            break
        }
        'aimem;lock;with' {
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'End the command after this long: TERM, and KILL after --kill-after')
            [CompletionResult]::new('--kill-after', '--kill-after', [CompletionResultType]::ParameterName, 'How long after TERM to send KILL')
            [CompletionResult]::new('--on-reclaimed', '--on-reclaimed', [CompletionResultType]::ParameterName, 'Run this shell command first when the lock was taken over from a dead holder')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--close', '--close', [CompletionResultType]::ParameterName, 'Do not let the command inherit the lock: it is free as soon as aimem is gone')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Tell what was done as one JSON document on the last line of standard error; errors too')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;lock;acquire' {
            [CompletionResult]::new('--pid', '--pid', [CompletionResultType]::ParameterName, 'The process that shall own the lock [default: the shell that runs this command]')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Make it a lease that ends after this long, whatever the processes do')
            [CompletionResult]::new('--id-file', '--id-file', [CompletionResultType]::ParameterName, 'Keep the id in this file instead of printing it, for `lock release` and `renew`')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--lock', '--lock', [CompletionResultType]::ParameterName, 'Work under this lock, which is already held, instead of taking one')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print what was done as one JSON document; errors too, on standard error')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;lock;release' {
            [CompletionResult]::new('--id-file', '--id-file', [CompletionResultType]::ParameterName, 'The file in which `lock acquire` has kept the id')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'The client whose lease it is, NAME:SESSION [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print what was done as one JSON document; errors too, on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;lock;renew' {
            [CompletionResult]::new('--id-file', '--id-file', [CompletionResultType]::ParameterName, 'The file in which `lock acquire` has kept the id')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'The client whose lease it is, NAME:SESSION [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'From now on')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print what was done as one JSON document; errors too, on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;lock;status' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;lock;wait' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print what was done as one JSON document; errors too, on standard error')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;lock;break' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;lock;take' {
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'How long the lease lasts')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--lock', '--lock', [CompletionResultType]::ParameterName, 'Work under this lock, which is already held, instead of taking one')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print what was done as one JSON document; errors too, on standard error')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;locks' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'List every lock with its holder, its age, and whether it is alive')
            [CompletionResult]::new('cleanup', 'cleanup', [CompletionResultType]::ParameterValue, 'Remove stale locks, and only those')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'For monitors: exit 1 when a lock is stale or old, or waits time out often')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show what happened to locks that should not happen often')
            [CompletionResult]::new('selftest', 'selftest', [CompletionResultType]::ParameterValue, 'Race the lock on this very file system')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Make a lock folder for all who share DIR')
            break
        }
        'aimem;locks;show' {
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only locks that are older')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;locks;cleanup' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say what would be removed')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;locks;check' {
            [CompletionResult]::new('--max-age', '--max-age', [CompletionResultType]::ParameterName, 'A lock that is older is reported')
            [CompletionResult]::new('--max-timeouts', '--max-timeouts', [CompletionResultType]::ParameterName, 'More waits than this that timed out in the last hour are reported')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;locks;log' {
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only what happened within this time before now')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Count by file and client, with the median and the 99th percentile of the long waits')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;locks;selftest' {
            [CompletionResult]::new('--contenders', '--contenders', [CompletionResultType]::ParameterName, 'How many processes at once; several numbers are several races')
            [CompletionResult]::new('--takeovers', '--takeovers', [CompletionResultType]::ParameterName, 'End a race after so many locks were taken over from dead holders')
            [CompletionResult]::new('--time', '--time', [CompletionResultType]::ParameterName, 'End a race after this long in any case')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--compare', '--compare', [CompletionResultType]::ParameterName, 'Race the old scripts'' rule too (kill -0, remove, mkdir), for comparison')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;locks;init' {
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Whose members may use it: a name or a number; without it, everyone may')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;read' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The file''s format [default: what its name says, else JSON]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read the filter from a file')
            [CompletionResult]::new('--from-file', '--from-file', [CompletionResultType]::ParameterName, 'Read the filter from a file')
            [CompletionResult]::new('--arg', '--arg', [CompletionResultType]::ParameterName, 'Set $NAME to the text VALUE')
            [CompletionResult]::new('--argjson', '--argjson', [CompletionResultType]::ParameterName, 'Set $NAME to the JSON value TEXT')
            [CompletionResult]::new('--slurpfile', '--slurpfile', [CompletionResultType]::ParameterName, 'Set $NAME to an array of the JSON documents in PATH')
            [CompletionResult]::new('--rawfile', '--rawfile', [CompletionResultType]::ParameterName, 'Set $NAME to the text in PATH')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Indent by N spaces')
            [CompletionResult]::new('--duplicate-keys', '--duplicate-keys', [CompletionResultType]::ParameterName, 'With two equal keys in an object let the last one count [default: an update refuses the file, a read warns]')
            [CompletionResult]::new('--max-time', '--max-time', [CompletionResultType]::ParameterName, 'Give up when the filter runs for longer')
            [CompletionResult]::new('--default', '--default', [CompletionResultType]::ParameterName, 'Print this JSON when there is no such file')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--lock', '--lock', [CompletionResultType]::ParameterName, 'Work under this lock, which is already held, instead of taking one')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--args', '--args', [CompletionResultType]::ParameterName, 'The words that follow are texts in $ARGS.positional')
            [CompletionResult]::new('--jsonargs', '--jsonargs', [CompletionResultType]::ParameterName, 'The words that follow are JSON values in $ARGS.positional')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'Sort the keys of every object')
            [CompletionResult]::new('--sort-keys', '--sort-keys', [CompletionResultType]::ParameterName, 'Sort the keys of every object')
            [CompletionResult]::new('--tab', '--tab', [CompletionResultType]::ParameterName, 'Indent by tabs')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Everything on one line')
            [CompletionResult]::new('--compact-output', '--compact-output', [CompletionResultType]::ParameterName, 'Everything on one line')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'Exit with 1 when the last result is null or false')
            [CompletionResult]::new('--exit-status', '--exit-status', [CompletionResultType]::ParameterName, 'Exit with 1 when the last result is null or false')
            [CompletionResult]::new('--pretty', '--pretty', [CompletionResultType]::ParameterName, 'Indent JSON [default for .json files and for the results of a filter]')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Without a filter, the exact bytes of the file; with one, strings without quotes')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Without a filter, the exact bytes of the file; with one, strings without quotes')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Run the filter on the array of all documents in the file, and not on each one')
            [CompletionResult]::new('--slurp', '--slurp', [CompletionResultType]::ParameterName, 'Run the filter on the array of all documents in the file, and not on each one')
            [CompletionResult]::new('--etag', '--etag', [CompletionResultType]::ParameterName, 'Print only the content''s tag, for `write --if-match`')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document: the path, the tag, and the document or the content, of one moment')
            [CompletionResult]::new('--locked', '--locked', [CompletionResultType]::ParameterName, 'Take the lock: wait until nobody who takes it is in the middle of anything')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;update' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The file''s format [default: what its name says, else JSON]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read the filter from a file')
            [CompletionResult]::new('--from-file', '--from-file', [CompletionResultType]::ParameterName, 'Read the filter from a file')
            [CompletionResult]::new('--arg', '--arg', [CompletionResultType]::ParameterName, 'Set $NAME to the text VALUE')
            [CompletionResult]::new('--argjson', '--argjson', [CompletionResultType]::ParameterName, 'Set $NAME to the JSON value TEXT')
            [CompletionResult]::new('--slurpfile', '--slurpfile', [CompletionResultType]::ParameterName, 'Set $NAME to an array of the JSON documents in PATH')
            [CompletionResult]::new('--rawfile', '--rawfile', [CompletionResultType]::ParameterName, 'Set $NAME to the text in PATH')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Indent by N spaces')
            [CompletionResult]::new('--duplicate-keys', '--duplicate-keys', [CompletionResultType]::ParameterName, 'With two equal keys in an object let the last one count [default: an update refuses the file, a read warns]')
            [CompletionResult]::new('--max-time', '--max-time', [CompletionResultType]::ParameterName, 'Give up when the filter runs for longer')
            [CompletionResult]::new('--create', '--create', [CompletionResultType]::ParameterName, 'Start from this document when there is no such file, by default from an empty one; missing folders above it are made')
            [CompletionResult]::new('--return', '--return', [CompletionResultType]::ParameterName, 'Print the results of this filter on the new document')
            [CompletionResult]::new('--if-match', '--if-match', [CompletionResultType]::ParameterName, 'Change the file only if its tag, from `read --etag`, is still this one; none: if there is no file')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'Refuse what breaks this JSON Schema; auto: the one that the document names under $schema, if that is a file here [default: $AIMEM_SCHEMA]')
            [CompletionResult]::new('--backup', '--backup', [CompletionResultType]::ParameterName, 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--lock', '--lock', [CompletionResultType]::ParameterName, 'Work under this lock, which is already held, instead of taking one')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--args', '--args', [CompletionResultType]::ParameterName, 'The words that follow are texts in $ARGS.positional')
            [CompletionResult]::new('--jsonargs', '--jsonargs', [CompletionResultType]::ParameterName, 'The words that follow are JSON values in $ARGS.positional')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'Sort the keys of every object')
            [CompletionResult]::new('--sort-keys', '--sort-keys', [CompletionResultType]::ParameterName, 'Sort the keys of every object')
            [CompletionResult]::new('--tab', '--tab', [CompletionResultType]::ParameterName, 'Indent by tabs')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Everything on one line')
            [CompletionResult]::new('--compact-output', '--compact-output', [CompletionResultType]::ParameterName, 'Everything on one line')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'Exit with 1 when the last result is null or false')
            [CompletionResult]::new('--exit-status', '--exit-status', [CompletionResultType]::ParameterName, 'Exit with 1 when the last result is null or false')
            [CompletionResult]::new('--pipe', '--pipe', [CompletionResultType]::ParameterName, 'Pass the document through a command''s standard input and output')
            [CompletionResult]::new('--text', '--text', [CompletionResultType]::ParameterName, 'With --pipe: the file may be any text, and not only JSON')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would change as a diff, and change nothing')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Print the new document')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print what was done as one JSON document; errors too, on standard error')
            [CompletionResult]::new('--any-kind', '--any-kind', [CompletionResultType]::ParameterName, 'Let the document become one of another kind, such as a number where an object was')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not sync the folder: quicker, and a power cut may bring the old file back')
            [CompletionResult]::new('--in-place', '--in-place', [CompletionResultType]::ParameterName, 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;write' {
            [CompletionResult]::new('--content', '--content', [CompletionResultType]::ParameterName, 'Write this instead of standard input')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The file''s format [default: what its name says, else JSON]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'Refuse what breaks this JSON Schema; auto: the one that the document names under $schema, if that is a file here [default: $AIMEM_SCHEMA]')
            [CompletionResult]::new('--if-match', '--if-match', [CompletionResultType]::ParameterName, 'Write only if the file''s tag, from `read --etag`, is still this one; none: if there is no file')
            [CompletionResult]::new('--backup', '--backup', [CompletionResultType]::ParameterName, 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--lock', '--lock', [CompletionResultType]::ParameterName, 'Work under this lock, which is already held, instead of taking one')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--validate', '--validate', [CompletionResultType]::ParameterName, 'Refuse what is not one document in the file''s format [always for .json, .jsonc and .toml]')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not take the lock: what another writes at the same time may be overwritten unseen')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print what was done as one JSON document; errors too, on standard error')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not sync the folder: quicker, and a power cut may bring the old file back')
            [CompletionResult]::new('--in-place', '--in-place', [CompletionResultType]::ParameterName, 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;edit' {
            [CompletionResult]::new('--old', '--old', [CompletionResultType]::ParameterName, 'The text to replace, which must occur exactly once')
            [CompletionResult]::new('--new', '--new', [CompletionResultType]::ParameterName, 'What takes its place; may be empty')
            [CompletionResult]::new('--old-file', '--old-file', [CompletionResultType]::ParameterName, 'Read the text to replace from a file, or from standard input (-)')
            [CompletionResult]::new('--new-file', '--new-file', [CompletionResultType]::ParameterName, 'Read what takes its place from a file, or from standard input (-)')
            [CompletionResult]::new('--script', '--script', [CompletionResultType]::ParameterName, 'Make several edits, all or none: lines of JSON in a file or on standard input (-), each an object with old, new and perhaps all')
            [CompletionResult]::new('--if-match', '--if-match', [CompletionResultType]::ParameterName, 'Edit only if the file''s tag, from `read --etag`, is still this one')
            [CompletionResult]::new('--backup', '--backup', [CompletionResultType]::ParameterName, 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--lock', '--lock', [CompletionResultType]::ParameterName, 'Work under this lock, which is already held, instead of taking one')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Replace it wherever it occurs, and say how often that was')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would change as a diff, and change nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Say what was done as one JSON document')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not sync the folder: quicker, and a power cut may bring the old file back')
            [CompletionResult]::new('--in-place', '--in-place', [CompletionResultType]::ParameterName, 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;insert' {
            [CompletionResult]::new('--under', '--under', [CompletionResultType]::ParameterName, 'At the end of the section below this Markdown heading')
            [CompletionResult]::new('--after', '--after', [CompletionResultType]::ParameterName, 'After the line that this text is on, which must occur exactly once')
            [CompletionResult]::new('--before', '--before', [CompletionResultType]::ParameterName, 'Before the line that this text is on')
            [CompletionResult]::new('--line', '--line', [CompletionResultType]::ParameterName, 'As line N; 1 is the first')
            [CompletionResult]::new('--if-match', '--if-match', [CompletionResultType]::ParameterName, 'Insert only if the file''s tag, from `read --etag`, is still this one')
            [CompletionResult]::new('--backup', '--backup', [CompletionResultType]::ParameterName, 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--lock', '--lock', [CompletionResultType]::ParameterName, 'Work under this lock, which is already held, instead of taking one')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--end', '--end', [CompletionResultType]::ParameterName, 'At the end of the file')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would change as a diff, and change nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Say what was done as one JSON document')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not sync the folder: quicker, and a power cut may bring the old file back')
            [CompletionResult]::new('--in-place', '--in-place', [CompletionResultType]::ParameterName, 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;append' {
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'Let no file grow beyond this: set it aside as FILE.1, FILE.2, … at a line''s end')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'With --max-size: keep so many of those that are set aside')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--lock', '--lock', [CompletionResultType]::ParameterName, 'Work under this lock, which is already held, instead of taking one')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not sync the folder: quicker, and a power cut may take a new file away')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Say what was done as one JSON document')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;restore' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Which version: a backup''s number, 0 being the latest, or one that `history` shows, as @{-1} [default: the latest backup, or else @{-1}]')
            [CompletionResult]::new('--backup', '--backup', [CompletionResultType]::ParameterName, 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--lock', '--lock', [CompletionResultType]::ParameterName, 'Work under this lock, which is already held, instead of taking one')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'Show the backups that are kept')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print what was done, or the list, as one JSON document; errors too, on standard error')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Put back what is broken, or was altered since it was kept')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would change as a diff, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not sync the folder: quicker, and a power cut may bring the old file back')
            [CompletionResult]::new('--in-place', '--in-place', [CompletionResultType]::ParameterName, 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;undo' {
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Only the last change of the client of this name')
            [CompletionResult]::new('--backup', '--backup', [CompletionResultType]::ParameterName, 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--lock', '--lock', [CompletionResultType]::ParameterName, 'Work under this lock, which is already held, instead of taking one')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Put back what is broken, or was altered since it was kept')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would change as a diff, and change nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print what was done as one JSON document; errors too, on standard error')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not sync the folder: quicker, and a power cut may bring the old file back')
            [CompletionResult]::new('--in-place', '--in-place', [CompletionResultType]::ParameterName, 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;history' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document; errors too, on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Print a version, byte for byte')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Print what differs between two versions')
            [CompletionResult]::new('forget', 'forget', [CompletionResultType]::ParameterValue, 'Remove all that is known of a file''s past')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove versions beyond what is to be kept, of all files')
            break
        }
        'aimem;history;show' {
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Print it even if it was altered since it was kept')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;history;diff' {
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Take versions even if they were altered since they were kept')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;history;forget' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document; errors too, on standard error')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;history;prune' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document; errors too, on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;init' {
            [CompletionResult]::new('--folder', '--folder', [CompletionResultType]::ParameterName, 'The folder of all memories [default: memory in $AICONFIG_PATH, or in ~/aiconfig]')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Call yourself NAME in what others see of the locks [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print what was made as one JSON document; errors too, on standard error')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;check' {
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'Refuse what breaks this JSON Schema; auto: the one that the document names under $schema, if that is a file here [default: $AIMEM_SCHEMA]')
            [CompletionResult]::new('--max-age', '--max-age', [CompletionResultType]::ParameterName, 'A lock that is older is told')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--fix', '--fix', [CompletionResultType]::ParameterName, 'Mend what is safe to mend: leftovers of dead writers, and stale locks')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;compare' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The file''s format [default: what its name says, else JSON]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;merge' {
            [CompletionResult]::new('--sync-conflicts', '--sync-conflicts', [CompletionResultType]::ParameterName, 'Merge the copies that Syncthing, Dropbox and iCloud have left in DIR and below into their files; each is kept in the history of its file, then removed')
            [CompletionResult]::new('--base', '--base', [CompletionResultType]::ParameterName, 'The version that both come from [default: the newest common one in the history]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the merged document to this file, instead of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the merged document to this file, instead of standard output')
            [CompletionResult]::new('--id-key', '--id-key', [CompletionResultType]::ParameterName, 'What names the elements of an array; may be given several times [default: id, key, name]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The file''s format [default: what its name says, else JSON]')
            [CompletionResult]::new('--if-match', '--if-match', [CompletionResultType]::ParameterName, 'Merge only if the tag of OURS, from `read --etag`, is still this one')
            [CompletionResult]::new('--backup', '--backup', [CompletionResultType]::ParameterName, 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--lock', '--lock', [CompletionResultType]::ParameterName, 'Work under this lock, which is already held, instead of taking one')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'Write it to OURS, under its lock')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would change in OURS as a diff, and change nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print what was done as one JSON document; errors too, on standard error')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not sync the folder: quicker, and a power cut may bring the old file back')
            [CompletionResult]::new('--in-place', '--in-place', [CompletionResultType]::ParameterName, 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;conflicts' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the conflicts of a document; exit 1 if there are any')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the values of all sides')
            [CompletionResult]::new('resolve', 'resolve', [CompletionResultType]::ParameterValue, 'Choose what the document shall hold')
            break
        }
        'aimem;conflicts;list' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The file''s format [default: what its name says, else JSON]')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;conflicts;show' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The file''s format [default: what its name says, else JSON]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;conflicts;resolve' {
            [CompletionResult]::new('--value', '--value', [CompletionResultType]::ParameterName, 'Take this value')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The file''s format [default: what its name says, else JSON]')
            [CompletionResult]::new('--if-match', '--if-match', [CompletionResultType]::ParameterName, 'Resolve only if the file''s tag, from `read --etag`, is still this one')
            [CompletionResult]::new('--backup', '--backup', [CompletionResultType]::ParameterName, 'Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as there are, at least 1]')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--lock', '--lock', [CompletionResultType]::ParameterName, 'Work under this lock, which is already held, instead of taking one')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Resolve all of them in this way')
            [CompletionResult]::new('--ours', '--ours', [CompletionResultType]::ParameterName, 'Keep what the document holds')
            [CompletionResult]::new('--theirs', '--theirs', [CompletionResultType]::ParameterName, 'Take their value; what they have removed is removed')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would change as a diff, and change nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print what was done as one JSON document; errors too, on standard error')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not sync the folder: quicker, and a power cut may bring the old file back')
            [CompletionResult]::new('--in-place', '--in-place', [CompletionResultType]::ParameterName, 'Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;merge-driver' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--jj', '--jj', [CompletionResultType]::ParameterName, 'The files are OUTPUT BASE LEFT RIGHT, as jj names them')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Tell git of the driver, and print the lines for .gitattributes')
            break
        }
        'aimem;merge-driver;install' {
            [CompletionResult]::new('--global', '--global', [CompletionResultType]::ParameterName, 'For all repositories of this user')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;queue' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Save a memory; it is on disk when this returns')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what is on its way')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one entry whole')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Numbers, and for monitors a level: exit 1 at warning, 2 at critical')
            [CompletionResult]::new('work', 'work', [CompletionResultType]::ParameterValue, 'Deliver what is due')
            [CompletionResult]::new('retry', 'retry', [CompletionResultType]::ParameterValue, 'Let entries be tried again by the next run, dead ones included')
            [CompletionResult]::new('cancel', 'cancel', [CompletionResultType]::ParameterValue, 'Take entries back before they are delivered')
            [CompletionResult]::new('dead', 'dead', [CompletionResultType]::ParameterValue, 'List what was given up on, and why')
            [CompletionResult]::new('health', 'health', [CompletionResultType]::ParameterValue, 'Ask the server now: exit 0 when it is up, 1 when it is down')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Take over the entries of the old Python programs')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Print the outbox in the old programs'' form')
            break
        }
        'aimem;queue;add' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Whose memory it is')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Whose memory it is')
            [CompletionResult]::new('--meta', '--meta', [CompletionResultType]::ParameterName, 'Something else to keep with it')
            [CompletionResult]::new('--max-entries', '--max-entries', [CompletionResultType]::ParameterName, 'Refuse when more entries than this would be waiting or dead')
            [CompletionResult]::new('--max-bytes', '--max-bytes', [CompletionResultType]::ParameterName, 'Refuse when these would have more bytes than this together')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--lines', '--lines', [CompletionResultType]::ParameterName, 'One memory a line of standard input; blank lines are passed over')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document with all the ids, at the end')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;queue;list' {
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Only entries in this state; may be given several times [default: all but delivered]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Only this project''s')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Only this project''s')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Only the oldest N')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;queue;show' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--content', '--content', [CompletionResultType]::ParameterName, 'Only the content, as it was given')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, which is the default')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;queue;status' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document')
            [CompletionResult]::new('--prometheus', '--prometheus', [CompletionResultType]::ParameterName, 'Prometheus'' text format, for a textfile collector')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;queue;work' {
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'The time between two runs')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Uploads at a time')
            [CompletionResult]::new('--tries', '--tries', [CompletionResultType]::ParameterName, 'Tries of an entry in one run before it is given up on')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'How the log''s lines look')
            [CompletionResult]::new('--print-service', '--print-service', [CompletionResultType]::ParameterName, 'Do not work, but print what makes it work by itself')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Go on: one run each interval, until a signal comes')
            [CompletionResult]::new('--no-revive', '--no-revive', [CompletionResultType]::ParameterName, 'Leave the dead alone')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document about the run')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;queue;retry' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All that waits: the dead, those that the server refused included, and the parked')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;queue;cancel' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;queue;dead' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;queue;health' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;queue;import' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;queue;export' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;hook' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Read one event of a client on standard input, and answer it')
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Put the hooks into the settings of an agent''s client')
            [CompletionResult]::new('uninstall', 'uninstall', [CompletionResultType]::ParameterValue, 'Take the hooks out of the settings of an agent''s client')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Say where hooks are installed, and try them')
            break
        }
        'aimem;hook;run' {
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'The client')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Deny an edit that cannot be protected')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;hook;install' {
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'The client')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Whose settings: yours, or those of the project in the working folder')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would change as a diff, and change nothing')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Print the hooks and the file that they belong into, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;hook;uninstall' {
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'The client')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Whose settings: yours, or those of the project in the working folder')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would change as a diff, and change nothing')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;hook;status' {
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'This client only')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;mcp' {
            [CompletionResult]::new('--root', '--root', [CompletionResultType]::ParameterName, 'Serve the files in this folder; may be repeated [default: $AICONFIG_PATH, or ~/aiconfig]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Serve files for reading only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Put the server into the settings of an agent''s client')
            [CompletionResult]::new('uninstall', 'uninstall', [CompletionResultType]::ParameterValue, 'Take the server out of the settings of an agent''s client')
            break
        }
        'aimem;mcp;install' {
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'The client')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Whose settings: yours, or those of the project in the working folder')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would change as a diff, and change nothing')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Print the entry and the file that it belongs into, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;mcp;uninstall' {
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'The client')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Whose settings: yours, or those of the project in the working folder')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('--conflict-exit-code', '--conflict-exit-code', [CompletionResultType]::ParameterName, 'The exit code when the lock was not free in time [default: 75]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would change as a diff, and change nothing')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--nonblock', '--nonblock', [CompletionResultType]::ParameterName, 'Do not wait: the same as --timeout 0')
            [CompletionResult]::new('--no-deadlock-check', '--no-deadlock-check', [CompletionResultType]::ParameterName, 'Keep waiting even if others wait for what this process holds')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;scripts' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Put file-lock.sh, memory-read.sh, memory-update.sh and atomic-write.sh into a folder')
            break
        }
        'aimem;scripts;install' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Make symbolic links to aimem instead of wrappers: quicker by one shell')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace what is there, the old scripts included')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;completions' {
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write the completions of every shell into this folder')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'aimem;man' {
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write a page for every verb into this folder')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors on standard error; with -E 0 a busy lock is none')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
