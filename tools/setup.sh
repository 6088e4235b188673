#!/usr/bin/env bash
# Lay .venv and install Linxin into it, editable. Usage: tools/setup.sh run|dev
# LINXIN_PYTHON names the interpreter to take, where the usual names are not wanted.
set -euo pipefail
cd "$(dirname "$0")/.."

extra="[standards,gateway]"
[[ "${1:-dev}" == dev ]] && extra="[standards,gateway,dev]"

usable() {  # a shim may be on the path and still not run, so ask the interpreter itself
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1
}

lays_environments() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

find_python() {
    local candidate
    # Distributions build theirs with what profiling told; version managers often compile without, and the same work then
    # takes much longer (docs/OPERATORS.md, "Which Python").
    if [[ -z "${LINXIN_PYTHON:-}" ]]; then
        for candidate in /usr/bin/python3.12 /usr/bin/python3.11; do
            usable "$candidate" && lays_environments "$candidate" && { echo "$candidate"; return; }
        done
    fi
    for candidate in ${LINXIN_PYTHON:+"$LINXIN_PYTHON"} python3.12 python3.11 python3 python; do
        usable "$candidate" && { echo "$candidate"; return; }
    done
    cat >&2 <<'WORDS'
Linxin needs Python 3.11 or 3.12, and neither was found. 需要 Python 3.11 或 3.12，但没有找到。
  Debian 12:     sudo apt-get install python3.11-venv
  Ubuntu 24.04:  sudo apt-get install python3.12-venv
  elsewhere:     install one, or name it: make setup LINXIN_PYTHON=/path/to/python3.12
WORDS
    exit 1
}

lay() {
    local python=$1
    if ! lays_environments "$python"; then
        echo "$("$python" --version) has no venv module. 缺少 venv 模块。  Debian, Ubuntu: sudo apt-get install" \
            "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >&2
        exit 1
    fi
    echo "Laying .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
}

if ! { usable .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; }; then
    python=$(find_python) || exit 1
    lay "$python"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
began=$SECONDS
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".$extra" >"$log" 2>&1 &
pip=$!
if [[ -t 1 ]]; then
    while kill -0 "$pip" 2>/dev/null; do
        printf '\rInstalling into .venv: %d s ' $((SECONDS - began))
        sleep 1
    done
    printf '\r'
else
    echo "Installing into .venv (about a minute)"
fi
if ! wait "$pip"; then
    cat "$log" >&2
    echo "The installation failed; pip says why above. 安装失败，原因见上。Then run make again." >&2
    exit 1
fi
tools/vendor.sh
echo "Installed into .venv in $((SECONDS - began)) s"
