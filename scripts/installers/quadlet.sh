readonly PODMAN=5.4.2

# Quadlet: out of Debian's podman package, unpacked, not installed. 5 s.

build_quadlet() {
    local suite=$1 version=$2 work=$3 tree found
    tree=$(mktemp -d "$TMP/apt-$suite.XXXXXX")
    apt_tree "$suite" "$tree"
    found=$(APT_CONFIG=$tree/apt.conf apt-cache show podman | awk '/^Version:/ && !seen++ { print $2 }')
    [[ $found == "$version"* ]] || fail "Debian's $suite has podman $found, not $version" "change the version in scripts/tools, and what the tests expect"
    cd "$tree"
    APT_CONFIG=$tree/apt.conf quietly apt-get download -q "podman=$found" || fail "Debian's podman $found cannot be downloaded"
    dpkg-deb --fsys-tarfile podman_*.deb | tar -x -C "$work" --strip-components=4 ./usr/libexec/podman/quadlet
    rm -rf "$tree"
    "$work/quadlet" -version >/dev/null 2>&1 || fail "the quadlet of podman $found does not run on this machine" "its C library is too old: use Debian 12 or newer"
}

install_quadlet() {
    make_once "quadlet-$PODMAN" build_quadlet trixie "$PODMAN"
    wrapper "quadlet-$PODMAN" "'$TOOLS/quadlet-$PODMAN/quadlet'"
}

# The newest podman of Debian, for trying by hand: its version moves, so no test may depend on it.
install_quadlet_sid() {
    rm -rf "$TOOLS/quadlet-sid"
    make_once quadlet-sid build_quadlet sid ""
    wrapper quadlet-sid "'$TOOLS/quadlet-sid/quadlet'"
}
