# The commands of this project, by name; `just` lists them.
# The tools are those of the active virtual environment, else of .venv.

bin := env("VIRTUAL_ENV", justfile_directory() / ".venv") / "bin"

[private]
default:
    @"{{ just_executable() }}" --list

# linters, types, layers, dependencies, derived files
check:
    "{{ bin }}/ruff" check
    "{{ bin }}/ruff" format --check
    "{{ bin }}/mypy"
    "{{ bin }}/lint-imports"
    "{{ bin }}/deptry" .
    "{{ bin }}/python" -m jwtool.cli.docs check

# all tests on every core, or some: just test tests/jose -k exp
test *arguments:
    "{{ bin }}/python" -m pytest -n auto {{ arguments }}

# all tests, and which lines and branches of the package they do not reach
cover *arguments:
    "{{ bin }}/coverage" run -m pytest -n auto {{ arguments }}
    "{{ bin }}/coverage" combine --quiet
    "{{ bin }}/coverage" report

# mend what linters can mend
fix:
    "{{ bin }}/ruff" check --fix
    "{{ bin }}/ruff" format

# write the derived files: completions and tables
gen:
    "{{ bin }}/python" -m jwtool.cli.docs write

# a wheel in dist/
build:
    "{{ bin }}/python" -m pip wheel --quiet --no-deps --wheel-dir dist .

# how long commands take to start, beside python -c pass
bench-start *runs:
    "{{ bin }}/python" tests/bench/start.py {{ runs }}

# requests per second of `jwks serve` beside nginx (needs nginx, and wrk or ab)
bench-serve:
    "{{ bin }}/python" tests/bench/serve.py

# mutation testing of parser, claim checks and key policy (needs the extra `mutation`): half an hour on two cores
mutate *mutants:
    PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 PYTEST_PLUGINS=pytest_timeout "{{ bin }}/mutmut" run {{ mutants }}
    "{{ bin }}/python" tests/mutants.py

# fuzz parsers and key readers for SECONDS in all (needs the extra `fuzz`): executions, coverage, findings
fuzz seconds:
    "{{ bin }}/python" tests/fuzz/run.py {{ seconds }}

# the worst inputs within the caps, each as a process: a second and 150 MB at most
bench-worst *words:
    "{{ bin }}/python" -m tests.bench.worst {{ words }}

# many tokens: the rates of `verify --lines` beside openssl's, PyJWT's, joserfc's and jwcrypto's; three minutes
bench-lines:
    "{{ bin }}/python" tests/bench/lines.py
