# PowerShell completion for jwtool, written by `jwtool completion powershell`

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
