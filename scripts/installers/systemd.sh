# systemd-analyze: the machine's own.

install_systemd() {
    install_quadlet
    machine_package systemd-analyze systemd
    sed "s#@QUADLET@#$BIN/quadlet-$PODMAN#" "$HERE/systemd-verify" | program systemd-verify
}
