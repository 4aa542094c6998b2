# systemd-analyze: the machine's own.

install_systemd() {
    install_quadlet
    if ! command -v systemd-analyze >/dev/null; then
        need apt-get "install systemd"
        [ "$(id -u)" = 0 ] || fail "systemd-analyze is needed, and not installed" "install systemd"
        say "installing Debian's systemd"
        quietly apt-get update -q || say "apt's lists could not be renewed"
        DEBIAN_FRONTEND=noninteractive quietly apt-get install -qy --no-install-recommends systemd ||
            fail "Debian's systemd cannot be installed" "the mirrors in apt's sources must be reachable"
    fi
    sed "s#@QUADLET@#$BIN/quadlet-$PODMAN#" "$HERE/systemd-verify" | program systemd-verify
}
