#!/usr/bin/env bash
# Fetches the native library of ONNX Runtime for tests and CI, and prints where it is.
# Applications bring their own, by the NuGet package Microsoft.ML.OnnxRuntime.
set -euo pipefail

version=1.30.0
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux/x64 library=libonnxruntime.so.1 ;;
  Linux-aarch64) platform=linux/arm64 library=libonnxruntime.so.1 ;;
  Darwin-arm64) platform=darwin/arm64 library="libonnxruntime.$version.dylib" ;;
  *) echo "fetch-onnxruntime: no library is known for $(uname -s) on $(uname -m)" >&2; exit 1 ;;
esac

folder="$(cd "$(dirname "$0")/.." && pwd)/artifacts/native"
target="$folder/$version/$library"
if [ ! -f "$target" ]; then
  command -v npm > /dev/null || { echo "fetch-onnxruntime: npm is needed to fetch ONNX Runtime $version" >&2; exit 1; }
  mkdir -p "$folder/$version"
  work="$(mktemp -d "$folder/fetch.XXXXXX")"
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && npm pack --silent "onnxruntime-node@$version" > /dev/null)
  tar -xzf "$work"/*.tgz -C "$work" "package/bin/napi-v6/$platform/$library"
  mv "$work/package/bin/napi-v6/$platform/$library" "$target"
fi
echo "$target"
