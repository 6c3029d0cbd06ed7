# Ids come from the live state: locks that can be released, memories in the outbox.
_aimem_ids() {
    local -a ids
    if [[ $curcontext == *aimem-queue-command* ]]; then
        ids=(${(f)"$(_call_program ids aimem queue list 2>/dev/null | awk 'NR > 1 { print $1 }')"})
    else
        ids=(${(f)"$(_call_program ids aimem locks show --ids 2>/dev/null | cut -f 1)"})
    fi
    _wanted ids expl id compadd -a ids
}

# The verbs below the word before, which `man` takes.
_aimem_verbs() {
    case $words[CURRENT-1] in
        @VERBS@
    esac
}
