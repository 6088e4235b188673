#!/usr/bin/env bash
# Fetch the libraries that browsers without WebCrypto's Ed25519 (or without WebCrypto: plain HTTP) check signatures with.
# Exact versions, compared with the hashes below, laid into gateway/static/vendor/, which is never committed. Without npm
# nothing is laid: pages verify natively, and say so where a browser cannot.
set -euo pipefail
cd "$(dirname "$0")/.."

target=gateway/static/vendor/noble
pinned=(
    "@noble/ed25519@3.2.0 criDgRlnUA09hchYrTy/JUWPIEap5rZxQe6wDWzRx51oWWpDRcUpuNzlgPxDJaOK6AsW9c0wKcj3rKRv6t+bPQ=="
    "@noble/hashes@2.4.0 X5XaVWZIBCT7HHZGm5I7ZQXDwLG+bGXuSrMQAW+7Zvl87h1kmc1ZB1VSRJcpUfoUrGQp4Fkoxm5kZ+Ms+aW+eA=="
    "@noble/curves@2.4.0 P4/62zrgfH33CneE3Dn4WhJVA22YUU0eR51wKIan4NVRvwsA0YnPTwWGpNbpuacSujmSFLvyzpyuR30+fbq2Ew=="
)
stamp=$(printf '%s\n' "${pinned[@]}" | sha256sum | cut -c1-64)
[[ -f $target/.stamp && $(<"$target/.stamp") == "$stamp" ]] && exit 0

if ! command -v npm >/dev/null; then
    echo "npm is not there: browsers without Ed25519 will not be able to verify. 没有 npm：旧浏览器将无法自行验证。" >&2
    exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for line in "${pinned[@]}"; do
    read -r package hash <<<"$line"
    file=$(cd "$scratch" && npm pack --silent "$package" 2>/dev/null | tail -1) || file=""
    if [[ -z "$file" ]]; then
        echo "npm does not give $package: browsers without Ed25519 will not be able to verify." >&2
        exit 0
    fi
    found=$(openssl dgst -sha512 -binary "$scratch/$file" | base64 -w0)
    [[ "$found" == "$hash" ]] || { echo "$package is not what it was pinned as: $found" >&2; exit 1; }
    name=${package#@noble/}
    mkdir -p "$scratch/${name%@*}"
    tar -xzf "$scratch/$file" -C "$scratch/${name%@*}" --strip-components=1
done

rm -rf "$target"
mkdir -p "$target/ed25519" "$target/hashes" "$target/curves/abstract"
cp "$scratch/ed25519/index.js" "$scratch/ed25519/LICENSE" "$target/ed25519/"
for name in sha2.js _md.js _u64.js utils.js hmac.js LICENSE; do cp "$scratch/hashes/$name" "$target/hashes/"; done
cp "$scratch/curves/utils.js" "$scratch/curves/LICENSE" "$target/curves/"
for name in weierstrass.js curve.js modular.js der.js; do cp "$scratch/curves/abstract/$name" "$target/curves/abstract/"; done
# Browsers resolve no package names: the three lie side by side.
sed -i "s#'@noble/hashes/#'../hashes/#" "$target/curves/utils.js"
sed -i "s#'@noble/hashes/#'../../hashes/#" "$target"/curves/abstract/*.js
echo "$stamp" >"$target/.stamp"
echo "Laid the libraries for older browsers into $target"
