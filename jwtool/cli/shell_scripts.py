"""The completion scripts of the shells. What they say to `jwtool` and hear from it stands in `complete.py`.

No script holds a command or an option: each asks the `jwtool` on the PATH, and so never gets old. None holds a
tab, so that one can be shown on a terminal as it is.
"""

BASH = r"""# bash completion for jwtool, written by `jwtool completion bash`

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
"""

ZSH = r"""#compdef jwtool
# zsh completion for jwtool, written by `jwtool completion zsh`

_jwtool() {
    local -a answer closed open
    local line typed="$QIPREFIX$PREFIX"
    answer=("${(@f)$(_JWTOOL_COMPLETE=zsh _JWTOOL_LINE="${(j: :)words[1,CURRENT-1]} $typed" \
        command jwtool 2>/dev/null </dev/null)}")
    (( $#answer > 1 )) || return 1
    for line in "${(@)answer[2,-1]}"; do
        case $line in
            (+*) closed+=("${line#+}") ;;
            (-*) open+=("${line#-}") ;;
        esac
    done
    (( answer[1] > $#QIPREFIX )) && compset -p $(( answer[1] - $#QIPREFIX ))
    _describe -V jwtool closed -- open -S ''
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _jwtool "$@"
else
    compdef _jwtool jwtool
fi
"""

FISH = r"""# fish completion for jwtool, written by `jwtool completion fish`

function __jwtool_complete
    set -lx _JWTOOL_COMPLETE fish
    set -lx _JWTOOL_LINE (commandline -cp | string collect)
    command jwtool 2>/dev/null </dev/null | string match -r '.+'
end

complete -c jwtool -f -a '(__jwtool_complete)'
"""

POWERSHELL = r"""# PowerShell completion for jwtool, written by `jwtool completion powershell`

Register-ArgumentCompleter -Native -CommandName jwtool -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = @(foreach ($element in $commandAst.CommandElements) {
        $extent = $element.Extent
        if ($extent.StartOffset -ge $cursorPosition) {
            break
        } elseif ($extent.EndOffset -gt $cursorPosition) {
            $extent.Text.Substring(0, $cursorPosition - $extent.StartOffset).Trim("'", '"')
        } elseif ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
            $element.Value
        } else {
            $extent.Text
        }
    })
    if ($wordToComplete -eq '') {
        $words += ''
    }
    $program = Get-Command jwtool -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
    if ($null -eq $program) {
        return
    }
    $encoding = [Console]::OutputEncoding
    try {
        [Console]::OutputEncoding = [System.Text.Encoding]::UTF8
        $env:_JWTOOL_COMPLETE = 'powershell'
        $env:_JWTOOL_LINE = $words -join "`n"
        $answer = @(& $program 2>$null)
    } finally {
        [Console]::OutputEncoding = $encoding
        Remove-Item Env:_JWTOOL_COMPLETE, Env:_JWTOOL_LINE -ErrorAction SilentlyContinue
    }
    foreach ($line in $answer) {
        if ($line -eq '') {
            continue
        }
        $value, $help = $line -split "`t", 2
        if (-not $help) {
            $help = $value
        }
        $text = $value
        if ($value -notmatch '^[A-Za-z0-9_./\\:=+~-]+$') {
            $text = "'" + $value.Replace("'", "''") + "'"
        }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $help)
    }
}
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH, "powershell": POWERSHELL}
FILES = {"bash": "jwtool.bash", "zsh": "_jwtool", "fish": "jwtool.fish", "powershell": "jwtool.ps1"}
