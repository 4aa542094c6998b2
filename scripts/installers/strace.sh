readonly STRACE=6.1

# strace: out of Debian's package, unpacked, not installed. It shows what a process asks of the kernel, and makes that fail. 10 s.

build_strace() {
    debian_packages bookworm "$1" strace libunwind8 liblzma5
    LD_LIBRARY_PATH=$1/usr/lib/x86_64-linux-gnu:$1/lib/x86_64-linux-gnu "$1/usr/bin/strace" -V >/dev/null ||
        fail "Debian's strace does not run on this machine" "its C library is too old: use Debian 12 or newer"
    rm -rf "$1/usr/share"
}

install_strace() {
    make_once "strace-$STRACE" build_strace
    local folder=$TOOLS/strace-$STRACE
    # Only strace itself is to find its libraries there, not what it starts.
    wrapper strace "/lib64/ld-linux-x86-64.so.2 --library-path '$folder/usr/lib/x86_64-linux-gnu:$folder/lib/x86_64-linux-gnu' '$folder/usr/bin/strace'"
}
