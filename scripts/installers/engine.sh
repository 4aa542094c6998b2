readonly ENGINE=28.5

# Docker Engine: out of Debian's packages, unpacked, not installed, with what it calls. 60 MB; 15 s.
#
# The newest Engine is in Debian's sid and needs no newer C library than Debian 12's; sid's runc does, so runc comes from
# Debian 12, with iptables, and with the static programs that images are made from.

build_engine() {
    local work=$1 found
    debian_packages sid "$work" docker.io containerd docker-cli
    debian_packages bookworm "$work" runc libseccomp2 iptables libip4tc2 libip6tc2 libxtables12 libmnl0 \
        libnetfilter-conntrack3 libnfnetlink0 libnftnl11 busybox-static bash-static
    found=$("$work/usr/sbin/dockerd" --version 2>/dev/null) || fail "Debian's dockerd does not run on this machine" "its C library is too old: use Debian 12 or newer"
    # The suite moves on. What the tests ask of an engine, a newer one has to do as well.
    [[ $found == *" $ENGINE."* ]] || say "Debian's sid has another engine than the tests were written with, $ENGINE: $found"
    mkdir -p "$work/bin"
    for program in usr/bin/docker usr/bin/ctr usr/bin/containerd usr/bin/containerd-shim-runc-v2 usr/sbin/dockerd usr/sbin/docker-proxy; do
        ln -s "../$program" "$work/bin/${program##*/}"
    done
    # These find their libraries here, and nothing else does.
    own_libraries "$work" runc usr/sbin/runc
    for program in iptables ip6tables; do own_libraries "$work" "$program" usr/sbin/xtables-nft-multi "$program"; done
    rm -rf "$work/usr/share" "$work/etc"
}

# own_libraries FOLDER NAME PROGRAM [ARGUMENT]: makes bin/NAME call FOLDER's program with FOLDER's libraries.
own_libraries() {
    printf '%s\n' '#!/bin/sh' 'engine=${0%/*}/..' 'export LD_LIBRARY_PATH="$engine"/usr/lib/x86_64-linux-gnu' \
        'export XTABLES_LIBDIR="$LD_LIBRARY_PATH/xtables"' "exec \"\$engine\"/$3 ${4:-} \"\$@\"" >"$1/bin/$2"
    chmod 755 "$1/bin/$2"
}

install_engine() {
    need unshare "install util-linux"
    make_once "engine-$ENGINE" build_engine
    wrapper docker "'$TOOLS/engine-$ENGINE/bin/docker'"
    sed "s#@ENGINE@#$TOOLS/engine-$ENGINE#" "$HERE/engine" | program engine
}
