#!/usr/bin/env bash
# Builds everything and runs every test; the bounds and kernels once more with the wide instructions off, and what needs
# Google OR-Tools where its package is to be had.
# The last line counts the tests: "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0

if ! dotnet build Verify.sln --configuration Release --nologo --verbosity quiet; then
    echo "The build failed; no test was run." >&2
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi

# Leaves out what passed, and gives each skipped test its reason, which only xunit's own lines hold.
shorten() {
    awk '
        /^\[xUnit\.net / {
            sub(/^[^]]*\] +/, "")
            if (reason) print "    " $0
            reason = sub(/ \[SKIP\]$/, "")
            if (reason) print "  Skipped " $0
            next
        }
        !/^ +(Passed|Skipped) |^Test run for|^A total of/
        { fflush() }'
}

run() {
    dotnet test "$@" --configuration Release --no-build --nologo --logger "console;verbosity=normal" 2>&1 | shorten | tee -a "$log"
    [ "${PIPESTATUS[0]}" -eq 0 ] || status=1
}

run Verify.sln
echo "Once more without AVX-512:"
# Older runtimes call the first switch DOTNET_EnableAVX512F.
DOTNET_EnableAVX512=0 DOTNET_EnableAVX512F=0 run tests/Verify.Core.Tests --filter Category=Simd
echo "Once more without AVX2:"
DOTNET_EnableAVX2=0 run tests/Verify.Core.Tests --filter Category=Simd

passed=$(grep -E '^ +Passed: [0-9]+' "$log" | awk '{s+=$2} END {print s+0}')
failed=$(grep -E '^ +Failed: [0-9]+' "$log" | awk '{s+=$2} END {print s+0}')
skipped=$(grep -E '^ +Skipped: [0-9]+' "$log" | awk '{s+=$2} END {print s+0}')

echo "With Google OR-Tools:"
bash build/ortools.sh > "$log" 2>&1 || status=1
sed '$d' "$log"
read -r more _ wrong _ left _ <<< "$(tail -n 1 "$log")"
passed=$((passed + more)) failed=$((failed + wrong)) skipped=$((skipped + left))
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
