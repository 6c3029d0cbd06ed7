
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
