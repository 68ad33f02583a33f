#!/usr/bin/env bash
# Make (or reuse) a virtual environment and print its Python: tools/environment.sh NAME [REQUIREMENTS...]
# Environments live in .venv/, or in $TACIT_ENVS where that is set, under a name that holds a hash of what they install:
# a changed requirements file makes a new environment, an unchanged one is reused. Only python3 and pip are needed.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1; shift
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "tacit needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 1; }
hash=$({ "$python" --version; cat requirements/core.txt requirements/constraints.txt "${@/#/requirements/}"; sed -n '/^dependencies/p' pyproject.toml; } | cksum | tr -d ' ')
home=${TACIT_ENVS:-.venv}/$name-$hash
stamp=$home/.complete
if [ ! -e "$stamp" ]; then
    echo "Making the $name environment in $home (once) ..." >&2
    rm -rf "$home"
    mkdir -p "$(dirname "$home")"
    "$python" -m venv "$home" >&2
    "$home/bin/python" -m pip install --quiet --upgrade pip >&2
    for file in "$@"; do
        "$home/bin/python" -m pip install --quiet --progress-bar off -r "requirements/$file" -c requirements/constraints.txt >&2
    done
    "$home/bin/python" -m pip install --quiet --editable . >&2
    echo "$PWD" > "$stamp"
elif [ "$(cat "$stamp")" != "$PWD" ]; then
    "$home/bin/python" -m pip install --quiet --no-deps --editable . >&2
    echo "$PWD" > "$stamp"
fi
echo "$home/bin/python"
