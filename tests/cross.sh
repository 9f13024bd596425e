#!/usr/bin/env bash
# tests/cross.sh [--quick] BUILD_DIRECTORY: cross-builds for aarch64 and runs the tests there with
# qemu-user; --quick: the unit tests only. On Debian 12 or newer as root: installs the compiler and
# qemu; the libraries come from Debian's arm64 packages into BUILD_DIRECTORY/sysroot, beside the
# system, not into it. May be repeated. The last line counts: "N passed, N failed, N skipped".
set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
quick=
if [ "${1-}" = --quick ]; then
    quick=yes
    shift
fi
mkdir -p "${1:?usage: tests/cross.sh [--quick] BUILD_DIRECTORY}"
build=$(cd "$1" && pwd)
sysroot=$build/sysroot
apt=$build/apt
qemu=/usr/bin/qemu-aarch64-static
gcc_version=12 # the unversioned packages exclude gcc-multilib
tools=("gcc-$gcc_version-aarch64-linux-gnu" "g++-$gcc_version-aarch64-linux-gnu" qemu-user-static)
libraries=(libc6-dev libdw-dev libelf-dev libiberty-dev libdeflate-dev libunwind-dev uthash-dev check
    "libstdc++-$gcc_version-dev")
left_out=( # SCRIPT: REASON
    "tests/e2e/allocators.sh: the other allocators are this machine's"
    "tests/e2e/directory.sh: traces sleep and cat, which are this machine's"
    "tests/e2e/limits.sh: qemu emulates neither limits nor seccomp nor MADV_POPULATE_WRITE"
    "tests/e2e/loading.sh: strips and links with this machine's tools"
    "tests/e2e/real-programs.sh: the programs are this machine's"
    "tests/e2e/run-contract.sh: traces the shell, true and env, which are this machine's"
    "tests/e2e/symbols.sh: compiles with this machine's compilers"
    "tests/e2e/valgrind.sh: valgrind is this machine's"
    "tests/examples/examples.sh: preloads into commands that are this machine's")

say() {
    printf 'cross: %s\n' "$*" >&2
}

# step NAME COMMAND...: run quietly; when it fails, show the end of its log.
step() {
    say "$1"
    "${@:2}" >"$build/$1.log" 2>&1 || {
        tail -n 25 "$build/$1.log" >&2
        say "failed: $1"
        exit 1
    }
}

install_tools() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update && apt-get install -y --no-install-recommends "${tools[@]}"
}

has_tools() {
    [ "$(dpkg-query -W -f='${db:Status-Status}\n' "${tools[@]}" 2>/dev/null | grep -cx installed)" \
        = "${#tools[@]}" ]
}

# apt with a state of its own, in which nothing is installed.
foreign_apt() {
    apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Debug::NoLocking=1 \
        -o Dir::State="$apt" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt" "$@"
}

fill_sysroot() {
    local package directory
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$sysroot/usr/lib"
    : >"$apt/status"
    foreign_apt update
    foreign_apt --no-install-recommends --download-only --yes install "${libraries[@]}"
    for directory in bin sbin; do
        ln -sfn "usr/$directory" "$sysroot/$directory"
    done
    for package in "$apt"/archives/*.deb; do
        dpkg-deb -x "$package" "$sysroot"
    done
    touch "$sysroot/complete"
}

# The kernel is to start aarch64 programs with qemu. Linked statically, it takes no notice of the
# LD_PRELOAD that is meant for the program. F: it is opened now, so that it works in a chroot as well.
register_qemu() {
    local formats=/proc/sys/fs/binfmt_misc
    local magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
    local mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
    [ -e $formats/register ] || mount -t binfmt_misc binfmt_misc $formats || return 1
    ! grep -qs "^interpreter .*qemu-aarch64" $formats/* || return 0
    printf '%s' ":qemu-aarch64:M::$magic:$mask:$qemu:F" >$formats/register
}

configure() {
    export PKG_CONFIG_LIBDIR=$sysroot/usr/lib/aarch64-linux-gnu/pkgconfig:$sysroot/usr/share/pkgconfig
    export PKG_CONFIG_SYSROOT_DIR=$sysroot
    cd "$build" && "$source/configure" -q --enable-werror --host=aarch64-linux-gnu \
        CC="aarch64-linux-gnu-gcc-$gcc_version --sysroot=$sysroot" \
        CXX="aarch64-linux-gnu-g++-$gcc_version --sysroot=$sysroot"
}

# The words of a variable of the Makefile, and not where another make has been.
words_of() { # NAME
    make -s --no-print-directory -C "$build" -f Makefile -f - show <<<"show: ; @echo \$($1)"
}

scripts() {
    local script
    for script in $(words_of script_tests); do
        [[ "${left_out[*]}" == *"$script: "* ]] || echo "$script"
    done
}

# Emulation takes its time: the programs of the stress test are fewer, and nothing is ended early.
run_tests() { # TESTS
    local slowly=(CK_DEFAULT_TIMEOUT=120 CK_TIMEOUT_MULTIPLIER=4 GC_PROGRAMS=8)
    env QEMU_LD_PREFIX="$sysroot" "${slowly[@]}" make -C "$build" check TESTS="$1" \
        LOG_COMPILER="timeout 1200" SH_LOG_COMPILER="timeout 2400 bash" || true
}

# How many of the test cases that ran ended like this.
count() { # RESULT...
    local result options=()
    for result in "$@"; do
        options+=(-e "^$result: tests/")
    done
    grep -c "${options[@]}" "$build/test.log" || true
}

report() {
    local failed skipped
    failed=$(count FAIL ERROR)
    skipped=$(($(count SKIP) + ${#left_out[@]}))
    grep -E '^(FAIL|ERROR|SKIP): tests/' "$build/test.log" || true
    [ ${#left_out[@]} = 0 ] || printf 'SKIP: %s\n' "${left_out[@]}"
    echo "$(count PASS) passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
}

[ -e "$source/configure" ] || (cd "$source" && step configure-script autoreconf -fi)
has_tools || step installing install_tools
[ -e "$sysroot/complete" ] || step libraries fill_sysroot
[ -e "$build/config.status" ] || step configuring configure
step building make -C "$build" -j2 all
step building-tests make -C "$build" -j2 check TESTS=
if ! register_qemu 2>"$build/qemu.log"; then
    echo "SKIP: tests: this kernel cannot be told to start aarch64 programs with qemu"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
tests=$(words_of unit_tests)
if [ -n "$quick" ]; then
    left_out=()
else
    tests+=" $(scripts)"
fi
say testing
run_tests "$tests" >"$build/test.log" 2>&1
[ "$(count PASS)" != 0 ] || { tail -n 25 "$build/test.log" >&2; exit 1; }
report
