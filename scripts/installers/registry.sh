readonly REGISTRY=2.8

# A container registry: docker-registry, out of Debian 12's package, unpacked, not installed. 5 s.

build_registry() {
    local work=$1
    debian_packages bookworm "$work" docker-registry
    "$work/usr/bin/docker-registry" --version 2>/dev/null | grep -q " $REGISTRY\." ||
        fail "Debian's docker-registry is another release, or does not run on this machine" "use Debian 12 or newer"
    rm -rf "$work/usr/share" "$work/etc" "$work/usr/lib"
}

install_registry() {
    make_once "registry-$REGISTRY" build_registry
    wrapper docker-registry "'$TOOLS/registry-$REGISTRY/usr/bin/docker-registry'"
}
