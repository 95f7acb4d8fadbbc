# bash completion for jwtool, written by `jwtool completion bash`

_jwtool() {
    # Bash cuts words at : = and @, so jwtool gets the line and the places where bash cuts.
    local IFS=$' \t\n' answer line option first=1
    answer=$(_JWTOOL_COMPLETE=bash _JWTOOL_LINE="${COMP_LINE:0:COMP_POINT}" _JWTOOL_BREAKS="$COMP_WORDBREAKS" \
        command jwtool 2>/dev/null </dev/null)
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $first ]]; then
            first=
            for option in $line; do
                compopt -o "$option" 2>/dev/null
            done
        elif [[ $line ]]; then
            COMPREPLY+=("$line")
        fi
    done <<<"$answer"
}

complete -F _jwtool jwtool
