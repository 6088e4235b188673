#!/usr/bin/env bash
# Generate the stubs beside proto/linxin/v1/*.proto; with --compare, generate elsewhere and fail on any difference.
set -euo pipefail
cd "$(dirname "$0")/.."

generate() {
    .venv/bin/python -m grpc_tools.protoc --proto_path=proto \
        --plugin=protoc-gen-mypy=.venv/bin/protoc-gen-mypy --plugin=protoc-gen-mypy_grpc=.venv/bin/protoc-gen-mypy_grpc \
        --python_out="$1" --mypy_out=quiet:"$1" --grpc_python_out="$1" --mypy_grpc_out=quiet:"$1" proto/linxin/v1/*.proto
}

if [[ "${1:-}" != --compare ]]; then
    rm -f proto/linxin/v1/*_pb2*.py proto/linxin/v1/*_pb2*.pyi
    generate proto
    exit
fi

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
generate "$fresh"
if ! diff -r --brief --exclude='*.proto' --exclude='__pycache__' --exclude='__init__.py' --exclude=py.typed \
    "$fresh/linxin/v1" proto/linxin/v1; then
    echo "The stubs differ from what the .proto files generate: run make proto and commit the result." >&2
    exit 1
fi
