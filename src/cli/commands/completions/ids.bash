
# Ids come from the live state: locks that can be released, memories in the outbox.
_aimem_or_ids() {
    local ids="" word
    local -a kept=()
    if [[ $2 != -* ]]; then
        case " ${COMP_WORDS[*]:1:COMP_CWORD-1} " in
            *" --lock " | " lock release "* | " lock renew "*)
                ids=$("$1" locks show --ids 2>/dev/null | cut -f 1)
                ;;
            " queue show "* | " queue retry "* | " queue cancel "*)
                ids=$("$1" queue list 2>/dev/null | awk 'NR > 1 { print $1 }')
                ;;
            " man "* | " help "*)
                case "${COMP_WORDS[COMP_CWORD-1]}" in
                @VERBS@
                esac
                return
                ;;
        esac
    fi
    if [[ -n $ids ]]; then
        COMPREPLY=($(compgen -W "$ids" -- "$2"))
        return
    fi
    _aimem "$@"
    # Options are for who has typed a dash: here stand verbs, or a file, which bash completes.
    if [[ $2 != -* ]]; then
        for word in "${COMPREPLY[@]}"; do
            [[ $word == [-\<\[]* ]] || kept+=("$word")
        done
        COMPREPLY=("${kept[@]}")
    fi
}

complete -F _aimem_or_ids -o bashdefault -o default aimem
