#!/usr/bin/env bash
# Makes what algbra.json lacks: each payload by jq, each signature by openssl, so that no code of ours is asked.
# A new vector is an entry without `payload` and `signature`. What is there stays, as PSS gives another signature each time:
# to make one anew, take its `signature` out. Needs bash, openssl and jq.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

payload='{url, method, headers: {authorization, date, "x-alg-nonce": .nonce}, body} as $parts
  | reduce .order[] as $name ({}; .[$name] = $parts[$name]) | tojson'

while IFS= read -r vector; do
  jq -j "$payload" <<<"$vector" >"$work/payload"
  if jq -e .signature <<<"$vector" >"$work/kept"; then
    jq -j .signature <<<"$vector" >"$work/signature"
  else
    case $(jq -r .algorithm <<<"$vector") in
      rsa-pkcs1v15-sha256) how=(-sha256) ;;
      rsa-pkcs1v15-sha512) how=(-sha512) ;;
      rsa-pss-sha256) how=(-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest) ;;
    esac
    openssl dgst "${how[@]}" -sign "$(jq -r .key <<<"$vector").private.pem" -out "$work/raw" "$work/payload"
    case $(jq -r .encoding <<<"$vector") in
      base64) openssl base64 -A -in "$work/raw" ;;
      base64url) openssl base64 -A -in "$work/raw" | tr '+/' '-_' | tr -d '=' ;;
      hex) od -An -v -tx1 "$work/raw" | tr -d ' \n' ;;
    esac >"$work/signature"
  fi
  jq -c --rawfile payload "$work/payload" --rawfile signature "$work/signature" \
    '. + {payload: $payload, signature: $signature}' <<<"$vector"
done < <(jq -c '.vectors[]' algbra.json) >"$work/vectors"

jq --slurpfile vectors "$work/vectors" '.vectors = $vectors' algbra.json >"$work/algbra.json"
cat "$work/algbra.json" >algbra.json
