# machine_package PROGRAM PACKAGE: has the machine's own apt install Debian's PACKAGE, unless PROGRAM is there.
machine_package() {
    ! command -v "$1" >/dev/null || return 0
    need apt-get "install $2"
    [ "$(id -u)" = 0 ] || fail "$1 is needed, and not installed" "install $2"
    say "installing Debian's $2"
    quietly apt-get update -q || say "apt's lists could not be renewed"
    DEBIAN_FRONTEND=noninteractive quietly apt-get install -qy --no-install-recommends "$2" ||
        fail "Debian's $2 cannot be installed" "the mirrors in apt's sources must be reachable"
}

# The mirror that this machine uses.
debian_mirror() {
    local mirror
    mirror=$(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null |
        awk '/^URIs:/ { print $2; exit } /^deb / { print $(/\[/ ? 4 : 2); exit }' || true)
    [ -n "$mirror" ] || fail "no Debian mirror in apt's sources" "use a Debian machine or container, 12 or newer"
    echo "$mirror"
}

# A private apt tree with one suite, from the mirror that this machine uses. Its signatures are checked with Debian's keys.
apt_tree() {
    local suite=$1 tree=$2 mirror
    need apt-get "quadlet comes from a Debian package: use a Debian machine or container"
    mirror=$(debian_mirror)
    mkdir -p "$tree"/etc/apt/{apt.conf.d,sources.list.d,preferences.d} "$tree"/var/lib/apt/lists/partial \
        "$tree"/var/cache/apt/archives/partial "$tree/var/lib/dpkg"
    touch "$tree/var/lib/dpkg/status"
    printf '%s\n' "Types: deb" "URIs: $mirror" "Suites: $suite" "Components: main" \
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg" >"$tree/etc/apt/sources.list.d/suite.sources"
    # A mirror may be a snapshot, whose index is past its date.
    printf '%s\n' "Dir \"$tree\";" "Dir::State::status \"$tree/var/lib/dpkg/status\";" 'Acquire::Check-Valid-Until "false";' \
        'Acquire::Languages "none";' "APT::Sandbox::User \"$(id -un)\";" >"$tree/apt.conf"
    APT_CONFIG=$tree/apt.conf quietly apt-get update -q || fail "Debian's $suite cannot be read" "the first mirror in apt's sources must be Debian's, and reachable"
}

# debian_packages SUITE FOLDER NAME...: unpacks the suite's packages into FOLDER. Nothing is installed.
debian_packages() {
    local suite=$1 folder=$2 tree archive
    tree=$(mktemp -d "$TMP/apt-$suite.XXXXXX")
    apt_tree "$suite" "$tree"
    cd "$tree"
    APT_CONFIG=$tree/apt.conf quietly apt-get download -q "${@:3}" || fail "packages of Debian's $suite cannot be downloaded: ${*:3}"
    for archive in *.deb; do dpkg-deb -x "$archive" "$folder"; done
    cd "$folder"
    rm -rf "$tree"
}
