
# Ids come from the live state: locks that can be released, memories in the outbox.
_aimem_or_ids() {
    local ids=""
    if [[ $2 != -* ]]; then
        case " ${COMP_WORDS[*]:1:COMP_CWORD-1} " in
            *" --lock " | " lock release "* | " lock renew "*)
                ids=$("$1" locks show --ids 2>/dev/null | cut -f 1)
                ;;
            " queue show "* | " queue retry "* | " queue cancel "*)
                ids=$("$1" queue list 2>/dev/null | awk 'NR > 1 { print $1 }')
                ;;
        esac
    fi
    if [[ -n $ids ]]; then
        COMPREPLY=($(compgen -W "$ids" -- "$2"))
    else
        _aimem "$@"
    fi
}

complete -F _aimem_or_ids -o bashdefault -o default aimem
