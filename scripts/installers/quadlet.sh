readonly PODMAN=5.4.2
readonly PODMAN_SID=5.8.6

# Quadlet: out of Debian's podman package, unpacked, not installed. 5 s.

build_quadlet() {
    local suite=$1 version=$2 work=$3 tree found
    tree=$(mktemp -d "$TMP/apt-$suite.XXXXXX")
    apt_tree "$suite" "$tree"
    found=$(APT_CONFIG=$tree/apt.conf apt-cache show podman | awk '/^Version:/ && !seen++ { print $2 }')
    [[ $found == "$version"* ]] || fail "Debian's $suite has podman $found, not $version" "change the version in scripts/installers/quadlet.sh, and what the tests expect"
    cd "$tree"
    APT_CONFIG=$tree/apt.conf quietly apt-get download -q "podman=$found" || fail "Debian's podman $found cannot be downloaded"
    dpkg-deb --fsys-tarfile podman_*.deb | tar -x -C "$work" --strip-components=4 ./usr/libexec/podman/quadlet
    rm -rf "$tree"
    "$work/quadlet" -version >/dev/null 2>&1 || fail "the quadlet of podman $found does not run on this machine" "its C library is too old: use Debian 12 or newer"
}

# Debian's stable one, and its newest.
install_quadlet() {
    make_once "quadlet-$PODMAN" build_quadlet trixie "$PODMAN"
    wrapper "quadlet-$PODMAN" "'$TOOLS/quadlet-$PODMAN/quadlet'"
    make_once "quadlet-$PODMAN_SID" build_quadlet sid "$PODMAN_SID"
    wrapper "quadlet-$PODMAN_SID" "'$TOOLS/quadlet-$PODMAN_SID/quadlet'"
}
