# fish completion for jwtool, written by `jwtool completion fish`

function __jwtool_complete
    set -lx _JWTOOL_COMPLETE fish
    set -lx _JWTOOL_LINE (commandline -cp | string collect)
    command jwtool 2>/dev/null </dev/null | string match -r '.+'
end

complete -c jwtool -f -a '(__jwtool_complete)'
