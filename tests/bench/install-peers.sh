#!/usr/bin/env bash
# tests/bench/install-peers.sh: installs, on Debian and Ubuntu, what `make bench` and `make bench-gc`
# compare with and the programs that are traced. What a release does not have is named and left out.
set -euo pipefail

peers=(heaptrack valgrind libgoogle-perftools4 libjemalloc2)
gc_peers=(libgc-dev libmimalloc2.0 libpython3.11-dev pkg-config)
programs=(g++ git jq lua5.4 nodejs perl python3 python3-dbg redis-server redis-tools sqlite3)

as_root=(env DEBIAN_FRONTEND=noninteractive)
[ "$(id -u)" = 0 ] || as_root=(sudo "${as_root[@]}")

"${as_root[@]}" apt-get update -q
available=()
for package in "${peers[@]}" "${gc_peers[@]}" "${programs[@]}"; do
    if apt-get install --simulate "$package" >/dev/null 2>&1; then
        available+=("$package")
    else
        echo "install-peers: this release has no $package" >&2
    fi
done
"${as_root[@]}" apt-get install -qy --no-install-recommends "${available[@]}"
